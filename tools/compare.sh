#!/usr/bin/env bash
# Measures this checkout's cairn and other systems at the same job, in turn: `make compare`. The first argument is the
# folder of the others; the rest goes to `cairn-bench compare`.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${1:?usage: compare.sh PEERS [OPTION...]}
shift
flags=(-c release -Xlinker -rpath -Xlinker "$PWD/.tools/lib")
export CAIRN_TOOLS="$PWD/.tools"
swift build "${flags[@]}" --product cairn
swift build "${flags[@]}" --product cairn-bench
.build/release/cairn-bench compare --peers "$peers" --name "$(git describe --always --dirty 2>/dev/null || echo today)" "$@"

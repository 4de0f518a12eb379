#!/usr/bin/env bash
# Measures this checkout's cairn: `make bench`. With BASE=revision it alternates with that revision's, which is built
# from a work tree of its own; the driver is always today's. Arguments go to cairn-bench.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release -Xlinker -rpath -Xlinker "$PWD/.tools/lib")
export CAIRN_TOOLS="$PWD/.tools"
swift build "${flags[@]}" --product cairn
swift build "${flags[@]}" --product cairn-bench
arguments=(--name "$(git describe --always --dirty 2>/dev/null || echo today)")
if [ -n "${BASE:-}" ]; then
  revision=$(git rev-parse --short --verify "$BASE^{commit}")
  tree=$(mktemp -d)
  trap 'git worktree remove --force "$tree"' EXIT
  git worktree add --quiet --detach "$tree" "$revision"
  swift build "${flags[@]}" --package-path "$tree" --scratch-path "$PWD/.build-base" --product cairn
  arguments+=(--base "$PWD/.build-base/release/cairn" --base-name "base $revision")
fi
.build/release/cairn-bench "${arguments[@]}" "$@"

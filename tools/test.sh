#!/usr/bin/env bash
# Builds and runs the tests: `make test`. Arguments go to `swift test` (--filter REGEX).
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release -Xlinker -rpath -Xlinker "$PWD/.tools/lib" -Xswiftc -enable-testing --scratch-path .build-tests)
export CAIRN_TOOLS="$PWD/.tools"
swift build "${flags[@]}" --build-tests
export CAIRN_BINARY="$PWD/.build-tests/release/cairn"
# Suites start servers and measure waiting times: side by side on two cores they would disturb each other.
# How fast a fault heals is judged by `make faults`; here machines may be slow.
export CAIRN_TEST_PATIENCE=${CAIRN_TEST_PATIENCE:-3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test "${flags[@]}" --skip-build --no-parallel "$@" | tee "$log" || {
  status=$?
  printf '\nwhat failed:\n'
  grep -E '✘|^error:' "$log" || true
  exit "$status"
}

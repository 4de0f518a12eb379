#!/usr/bin/env bash
# Runs the tests under ThreadSanitizer and AddressSanitizer: `make sanitize`. First argument: thread, address, or
# nothing for both; the others go to `swift test` (--filter REGEX). The processes that tests start are sanitized too.
# Each report is a file in .sanitize/, and any file there is a failure, whatever the tests say.
set -euo pipefail
cd "$(dirname "$0")/.."
kinds=${1:-thread address}
shift || true
for kind in $kinds; do
  case $kind in thread | address) ;; *) echo "sanitize: KIND is thread or address, not $kind" >&2; exit 2 ;; esac
done
export CAIRN_TOOLS="$PWD/.tools"
# Sanitized processes are some five times slower; what the service tests allow them grows with it.
export CAIRN_TEST_PATIENCE=5
failed=0
for kind in $kinds; do
  flags=(-c release --sanitize="$kind" -Xlinker -rpath -Xlinker "$PWD/.tools/lib" -Xswiftc -enable-testing
    --scratch-path ".build-$kind")
  swift build "${flags[@]}" --build-tests
  export CAIRN_BINARY="$PWD/.build-$kind/release/cairn"
  reports="$PWD/.sanitize/$kind"
  rm -rf "$reports"
  # Servers of the tests run as another user; they must not fail to write here what they inherit.
  mkdir -p -m 777 "$reports"
  common="log_path=$reports/report:exitcode=66"
  export TSAN_OPTIONS="$common:suppressions=$PWD/tools/sanitize/thread-suppressions.txt:second_deadlock_stack=1"
  # Leaks are looked for in the soak: Swift's runtime and Foundation keep what they allocate once.
  export ASAN_OPTIONS="$common:detect_leaks=0:detect_stack_use_after_return=0"
  shim=
  if [ "$kind" = thread ]; then
    shim=$PWD/.sanitize/thread.so
    clang -O2 -Wall -Werror -shared -fPIC -o "$shim" tools/sanitize/*.c
  fi
  LD_PRELOAD=$shim swift test "${flags[@]}" --skip-build --no-parallel "$@" || failed=1
  found=$(find "$reports" -type f | wc -l)
  echo "sanitize: $kind: $found reports"
  if [ "$found" -gt 0 ]; then
    find "$reports" -type f -exec head -60 {} +
    failed=1
  fi
done
exit "$failed"

#!/usr/bin/env bash
# Fuzzes with libFuzzer and AddressSanitizer: `make fuzz`. Arguments: seconds for each target, then targets (default:
# all). New inputs that reach new code go to .fuzz/TARGET; MERGE=1 adds those that the corpus lacks to it instead of
# fuzzing. An input that fails is left as .fuzz/TARGET-crash-..., and the exit code is not 0.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
export CAIRN_FUZZ=1
swift build -c release --sanitize=address --scratch-path .build-fuzz --product cairn-fuzz -Xswiftc -enable-testing \
  -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld -Xcc -fsanitize=fuzzer-no-link
# Memory that libyaml or Foundation still hold at the end is no leak.
export ASAN_OPTIONS=detect_leaks=0
for target in "${@:-json protobuf record hunt}"; do for FUZZ_TARGET in $target; do
  export FUZZ_TARGET
  corpus=Tests/Fuzz/Corpus/$FUZZ_TARGET
  found=.fuzz/$FUZZ_TARGET
  mkdir -p "$found"
  options=(-timeout=10 -rss_limit_mb=2048 -artifact_prefix=".fuzz/$FUZZ_TARGET-")
  if [ -n "${MERGE:-}" ]; then
    .build-fuzz/release/cairn-fuzz -set_cover_merge=1 -use_counters=0 "${options[@]}" "$corpus" "$found"
    continue
  fi
  dictionary=Tests/Fuzz/Dictionaries/$FUZZ_TARGET.dict
  [ ! -f "$dictionary" ] || options+=(-dict="$dictionary")
  echo "fuzz: $FUZZ_TARGET, $seconds s"
  .build-fuzz/release/cairn-fuzz "${options[@]}" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
    "$found" "$corpus" 2>&1 | grep -vE '^(INFO|#[0-9]+.(NEW|REDUCE|RELOAD))'
done; done

#!/usr/bin/env bash
# Counts the instructions of a scan on its way through a worker, without servers, under callgrind: `make instructions`.
# Ends with 1 when a scenario costs over 5 % more than tools/instructions.baseline says.
#   RENEW=1    writes that file anew
#   KAFKA=1    also counts repeated scans with the consumer and all of librdkafka's threads; compared with nothing
# What callgrind wrote is left in .instructions/ for callgrind_annotate.
set -euo pipefail
cd "$(dirname "$0")/.."
baseline=tools/instructions.baseline
percent=5
architecture=$(uname -m)
folder=.instructions
program=$folder/cairn-instructions

if ! valgrind --tool=callgrind --callgrind-out-file=/dev/null true >/dev/null 2>&1; then
  echo "instructions: NOT COUNTED: valgrind does not run on this machine" >&2
  exit 0
fi
mkdir -p "$folder"
# The build of the tests.
swift build -c release -Xlinker -rpath -Xlinker "$PWD/.tools/lib" -Xswiftc -enable-testing \
  --scratch-path .build-tests --product cairn-instructions
# Valgrind 3.19 does not survive the debugging information that Swift 6.3 writes.
objcopy --strip-debug .build-tests/release/cairn-instructions "$program"
# Seeds of Swift's dictionaries are the same in every run.
export SWIFT_DETERMINISTIC_HASHING=1

# Counts a command of the program; sets `scans` and `instructions`, those of all scans.
count() { # NAME CALLGRIND-OPTIONS COMMAND ...
  local out=$folder/$1.out log=$folder/$1.log options=$2
  shift 2
  # shellcheck disable=SC2086
  timeout 300 valgrind --tool=callgrind $options --callgrind-out-file="$out" "$program" "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    echo "instructions: \`cairn-instructions $*\` failed under callgrind" >&2
    exit 1
  }
  scans=$(awk '$1 == "scans" { print $2 }' "$log")
  instructions=$(awk '$1 == "totals:" { print $2 }' "$out")
}

failed=0
renewed=$(grep "^#" "$baseline"; grep -v "^#" "$baseline" | grep -v "^$architecture " || true)

compare() { # SCENARIO WHAT
  local measured before change
  measured=$(((instructions + scans / 2) / scans))
  renewed+=$'\n'"$architecture $1 $measured"
  before=$(awk -v a="$architecture" -v s="$1" '$1 == a && $2 == s { print $3 }' "$baseline")
  if [ -z "$before" ]; then
    echo "$2: $measured instructions; no baseline for $architecture: \`make instructions RENEW=1\`"
    return
  fi
  change=$(awk -v m="$measured" -v b="$before" 'BEGIN { printf "%+.1f", (m - b) * 100 / b }')
  echo "$2: $measured instructions, baseline $before, $change %"
  if [ $((measured * 100)) -gt $((before * (100 + percent))) ]; then
    [ -n "${RENEW:-}" ] ||
      echo "instructions: $1 costs $measured, $change % against the baseline of $before; $percent % are tolerated" >&2
    failed=1
  elif [ $((measured * 100)) -lt $((before * (100 - percent))) ]; then
    [ -n "${RENEW:-}" ] ||
      echo "instructions: $1 is over $percent % below its baseline: keep that with \`make instructions RENEW=1\`"
  fi
}

# Callgrind collects while `cairn_counted` runs, so that neither start nor preparation counts.
counted="--collect-atstart=no --toggle-collect=cairn_counted"
count repeats "$counted" repeats --turns 24
compare repeats "a repeated scan"
count writes "$counted" writes --turns 6
compare writes "a writing scan"

if [ -n "${RENEW:-}" ]; then
  echo "$renewed" >"$baseline"
  echo "instructions: $baseline is written anew"
  failed=0
fi

# Counts all threads of a worker that reads a topic of so many scans to its end, in `instructions`.
drain() { # SCANS
  local brokers held log
  coproc log_of_scans { exec "$program" log --scans "$1"; }
  log=$log_of_scans_PID
  held=${log_of_scans[1]}
  read -r -t 30 brokers <&"${log_of_scans[0]}"
  count "drain-$1" "" drain --brokers "$brokers" --scans "$1"
  # Its input ends, and it with it.
  exec {held}>&-
  wait "$log"
}

if [ -n "${KAFKA:-}" ]; then
  few=32768
  many=229376
  drain "$few"
  start=$instructions
  drain "$many"
  echo "a repeated scan with librdkafka: $(((instructions - start) / (many - few))) instructions"
fi
exit "$failed"

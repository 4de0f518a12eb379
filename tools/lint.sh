#!/usr/bin/env bash
# What the compiler does not check: `make lint`.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() { echo "lint: $*" >&2; failed=1; }

swift format lint --strict --recursive Package.swift Sources Tests lua migrations Benchmarks/Package.swift \
  Benchmarks/Benchmarks || complain "run \`make format\`"

# One importer for each C library; the pure modules import nothing of the system; Worker knows no client.
only() { # MODULE FOLDER
  local stray
  stray=$(grep -rlE "^(@[a-zA-Z_]+ )?import $1\b" Sources --include='*.swift' | grep -v "^Sources/$2/" || true)
  [ -z "$stray" ] || complain "only $2 may import $1: $stray"
}
only CRdkafka KafkaClient
only CLibpq PostgresClient
only CHiredis RedisClient
never() { # FOLDER REGEX
  local stray
  stray=$(grep -rnE "^(@[a-zA-Z_]+ )?import ($2)\b" "Sources/$1" --include='*.swift' || true)
  [ -z "$stray" ] || complain "$1 must not import: $stray"
}
for pure in HuntCore ScanWire FlowCore OrderIndex; do never "$pure" 'Foundation|Glibc|Dispatch|Reactor|Logging|[A-Za-z]*Client|Storage'; done
never Worker '[A-Za-z]*Client|Storage'
never Storage 'Worker|Settings|DevStack'
never HuntCore 'ScanWire|FlowCore|OrderIndex'
never OrderIndex 'ScanWire|FlowCore'
# What the benchmark expects comes from nothing that a worker uses.
never cairn-bench 'ScanWire|Storage|Worker'
never ScanWire 'FlowCore'

long=$(git ls-files "Sources/*.swift" "Benchmarks/*.swift" | xargs wc -l | awk '$2 != "total" && $1 > 340 {print $2 " (" $1 ")"}')
[ -z "$long" ] || complain "files over 340 lines: $long"
for patch in Tests/Mutants/*.patch Tests/Mutants/Servers/*.patch; do
  git apply --check "$patch" || complain "$patch does not apply: plant its defect in the code as it is now"
done
bash tools/contract.sh || complain "Tests/CONTRACT.md names tests that do not exist: correct it with them"
[ "$failed" = 0 ] && echo "lint: nothing to complain about"
exit "$failed"

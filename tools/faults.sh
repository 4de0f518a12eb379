#!/usr/bin/env bash
# The fault matrix: `make faults`. Every row on real servers and worker processes, then a table of what each did.
# ROW=REGEX runs the rows whose test functions it fits. Ends with 1 if a row failed, lost, doubled or changed anything.
set -euo pipefail
cd "$(dirname "$0")/.."
report=$(mktemp)
trap 'rm -f "$report"' EXIT
export CAIRN_FAULTS=all CAIRN_FAULTS_REPORT=$report CAIRN_TEST_PATIENCE=${CAIRN_TEST_PATIENCE:-1}
status=0
bash tools/test.sh --filter "(Worker|Postgres|Redis|Broker|Log)Faults/.*${ROW:-}|Producers/.*${ROW:-}" || status=$?
printf '\n%s, %s, %s cores\n\n' "$(date -u +'%Y-%m-%d %H:%M UTC')" "$(uname -srm)" "$(nproc)"
awk -F'\t' '
  BEGIN { print "| fault | scans | lost | doubled | wrong | seconds to recover | at most | notes |"
          print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |" }
  { printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7, $8
    rows++
    if ($3 + $4 + $5 > 0 || $8 ~ /^failed/) bad++ }
  END { printf "\n%d rows, %d bad\n", rows, bad; exit rows == 0 || bad > 0 }' "$report" || status=1
exit "$status"

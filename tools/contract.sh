#!/usr/bin/env bash
# Tests/CONTRACT.md maps every sentence of the contract to tests: whether each test it names exists, and what is open.
set -euo pipefail
cd "$(dirname "$0")/.."
table=Tests/CONTRACT.md
failed=0

# `TARGET<tab>NAME` of every test; a name may stand on the line after `@Test(`.
known=$(find Tests -name "*.swift" | sort | while read -r file; do
  target=${file#Tests/}
  grep -vE '^ *//' "$file" | tr '\n' ' ' | grep -oE '@Test\( *"([^"\\]|\\.)*"' \
    | sed -E 's/^@Test\( *"(.*)"$/\1/; s/\\"/"/g' | sed "s|^|${target%%/*}\t|" || true
done)

# `TARGET<tab>NAME` of every row: | sentence | target | test |
rows=$(sed -nE 's/^\|[^|]*\| *([A-Za-z]+) *\| *(.*[^ ]) *\|$/\1\t\2/p' "$table" | grep -vE '^target	')
[ "$(wc -l <<<"$rows")" -ge 100 ] || { echo "contract: $table has hardly any row" >&2; failed=1; }
malformed=$(grep -E '^\|' "$table" | grep -vE '^\|[^|]*\| *[A-Za-z]+ *\| *[^ |][^|]*\|$' | grep -vE '^\| --- ' || true)
[ -z "$malformed" ] || { echo "contract: rows of another shape:"$'\n'"$malformed" >&2; failed=1; }

missing=$(grep -v '^open	' <<<"$rows" | sort -u | grep -vxFf <(echo "$known") || true)
[ -z "$missing" ] || { echo "contract: tests that $table names and that do not exist:"$'\n'"$missing" >&2; failed=1; }

# Where the row of an open sentence leaves its first cell empty, the sentence is the last one above.
awk -F'|' '/^\|/ { if ($2 !~ /^ *$/) sentence = $2
  if ($3 ~ /^ *open *$/) { gsub(/^ +| +$/, "", sentence); gsub(/^ +| +$/, "", $4)
    print "contract: open: " sentence " (" $4 ")" } }' "$table"
exit "$failed"

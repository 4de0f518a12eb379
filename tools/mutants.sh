#!/usr/bin/env bash
# Plants known defects, one at a time, and shows that each is found: `make mutants`.
#
#   mutants.sh [NAME ...]              patches of Tests/Mutants: the simulation must fail within SEEDS seeds (2,000)
#   mutants.sh --servers [NAME ...]    patches of Tests/Mutants/Servers, to the SQL and Lua that guard the data: the
#                                      suites of the ports must fail; needs the tests' build (tools/test.sh)
#
# NAME is a part of a patch's name; none: all of them. Ends with 1 when a defect survives or a patch does not apply.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
folder=$root/.build-mutants
seeds=${SEEDS:-2000}
survived=0

kind=simulation
if [ "${1:-}" = --servers ]; then kind=servers; shift; fi

# The patches whose names hold one of the arguments.
chosen() { # FOLDER NAME ...
  local patch name folder=$1
  shift
  for patch in "$folder"/*.patch; do
    [ $# -gt 0 ] || echo "$patch"
    for name in "$@"; do [[ $(basename "$patch") == *"$name"* ]] && echo "$patch"; done
  done
}

patches=Tests/Mutants
[ "$kind" = simulation ] || patches=Tests/Mutants/Servers
[ -n "$(chosen "$patches" "$@")" ] || { echo "mutants: no patch of $patches is called like: $*" >&2; exit 2; }

row() { printf '%-34s %-22s %s\n' "$1" "$2" "$3"; }

# Fresh copies of what the patches change.
restore() {
  local part
  for part in "$@"; do
    mkdir -p "$folder/$part"
    # Only what differs, so that the next build compiles no more than it must.
    (cd "$root/$part" && find . -type f) | while read -r file; do
      cmp -s "$root/$part/$file" "$folder/$part/$file" && continue
      mkdir -p "$(dirname "$folder/$part/$file")"
      cp "$root/$part/$file" "$folder/$part/$file"
    done
    (cd "$folder/$part" && find . -type f) | while read -r file; do
      [ -e "$root/$part/$file" ] || rm "$folder/$part/$file"
    done
  done
}

plant() { # PATCH; says what stands in its first line
  (cd "$folder" && patch --quiet --strip=1 --fuzz=0 --no-backup-if-mismatch) <"$1" || {
    row "$(basename "$1" .patch)" "does not apply" ""
    return 1
  }
}

# MARK: The simulation

package() {
  local parser
  for parser in "$root"/.build/checkouts/swift-argument-parser "$root"/.build-tests/checkouts/swift-argument-parser; do
    if [ -d "$parser" ]; then parser=".package(path: \"$parser\")" && break; fi
    parser='.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")'
  done
  cat <<EOF
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "mutants", platforms: [.macOS(.v15)], dependencies: [$parser],
    targets: [
        .target(name: "HuntCore"), .target(name: "FlowCore", dependencies: ["HuntCore"]),
        .target(name: "Simulation", dependencies: ["FlowCore", "HuntCore"]),
        .executableTarget(
            name: "cairn-simulation",
            dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    ])
EOF
}

compile() {
  (cd "$folder" && swift build -c release -Xswiftc -enable-testing --product cairn-simulation >build.log 2>&1) && return
  grep -E 'error' "$folder/build.log" | head -5 >&2
  return 1
}

simulate() { # [OPTION ...]; its status in `status`, what it printed in run.log
  status=0
  timeout 900 "$folder/.build/release/cairn-simulation" "$@" >"$folder/run.log" 2>&1 || status=$?
}

# One that traps takes its report with it: the seed is looked for, each in a process of its own.
trapping_seed() {
  local seed
  for ((seed = 1; seed <= seeds; seed++)); do
    simulate --seed "$seed" --seeds 1
    [ "$status" -ge 128 ] && break
  done
  echo "$seed"
}

against_simulation() {
  local patch name seed
  restore Sources/HuntCore Sources/FlowCore Sources/Simulation Sources/cairn-simulation
  package | cmp -s - "$folder/Package.swift" || package >"$folder/Package.swift"
  compile || { echo "mutants: the simulation does not build as it is" >&2; exit 1; }
  simulate --seeds 20
  [ "$status" = 0 ] || { cat "$folder/run.log" >&2; echo "mutants: it fails as it is" >&2; exit 1; }
  row mutant "caught at seed" "first violation"
  for patch in $(chosen "$patches" "$@"); do
    name=$(basename "$patch" .patch)
    restore Sources/FlowCore Sources/HuntCore Sources/Simulation
    plant "$patch" || { survived=1; continue; }
    compile || { row "$name" "does not compile" ""; survived=1; continue; }
    simulate --seeds "$seeds"
    if [ "$status" = 0 ]; then
      row "$name" "survives $seeds seeds" ""
      survived=1
    elif [ "$status" = 1 ]; then
      seed=$(sed -nE 's/^seed ([0-9]+) fails.*/\1/p' "$folder/run.log" | head -1)
      row "$name" "$seed" "$(awk 'found {sub(/^ +/, ""); print; exit} /violations:$/ {found = 1}' "$folder/run.log")"
    elif [ "$status" -ge 128 ]; then
      row "$name" "$(trapping_seed)" "$(grep -m1 -oE 'Fatal error.*' "$folder/run.log" || echo 'it traps')"
    else
      row "$name" "ends with $status" "$(tail -1 "$folder/run.log")"
      survived=1
    fi
  done
}

# MARK: The servers

# Runs the suites; what they say stands in run.log, without colours.
serve() {
  local status=0
  timeout 600 "${run[@]}" >"$folder/run.raw" 2>&1 || status=$?
  sed -E 's/\x1b\[[0-9;]*m//g' "$folder/run.raw" >"$folder/run.log"
  return "$status"
}

against_servers() {
  local patch name failed
  # The bundle itself: `swift test` would resolve and plan the package anew for every defect.
  local run=("$root/.build-tests/release/cairnPackageTests.xctest" --testing-library swift-testing --no-parallel
    --filter 'PortTests\.Ports/(Ledger|Flush|FlushRefusal|Cache)Tests')
  export CAIRN_TOOLS="$root/.tools"
  serve || { tail -20 "$folder/run.log" >&2; echo "mutants: the suites fail as they are" >&2; exit 1; }
  row mutant "failed tests" "the first of them"
  for patch in $(chosen "$patches" "$@"); do
    name=$(basename "$patch" .patch)
    restore migrations lua
    plant "$patch" || { survived=1; continue; }
    # Functions only: they take the place of those that the migrations have made.
    sed 's/^create function/create or replace function/' "$folder/migrations/0002_functions.sql" >"$folder/mutant.sql"
    CAIRN_MUTANT_SQL=$folder/mutant.sql CAIRN_MUTANT_LUA=$folder/lua/flush.v1.lua serve || true
    failed=$(grep -cE '^✘ Test ".* failed after' "$folder/run.log" || true)
    if [ "$failed" = 0 ]; then
      row "$name" "survives" "$(tail -1 "$folder/run.log")"
      survived=1
    else
      row "$name" "$failed" "$(sed -nE 's/^✘ Test "(.*)" (with [0-9]+ test cases? )?failed after.*/\1/p' "$folder/run.log" | head -1)"
    fi
  done
}

mkdir -p "$folder"
if [ "$kind" = servers ]; then against_servers "$@"; else against_simulation "$@"; fi
exit "$survived"

#!/usr/bin/env bash
# Builds everything and runs every test; the last line is the sum. Arguments go to dotnet test: ./test.sh --filter Ledger
# A test that skips itself is named with its reason and counted as skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
results=$PWD/.cache/tests

eng/build.sh all || exit 1

# TorchSharp wants a newer C++ library than some systems have.
eng/libstdcxx.sh
newer=$PWD/.cache/libstdcxx
[[ ! -d $newer ]] || export LD_LIBRARY_PATH=$newer${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

rm -rf "$results"
dotnet test MLNet.ZerothOrder.sln -c Release --no-build --nologo --results-directory "$results" \
  --logger trx --logger "console;verbosity=minimal" "$@" 2>&1 |
  grep --line-buffered -vE '^(Test run for |A total of |Results File: |\[xUnit\.net |  Skipped | *$)'
code=${PIPESTATUS[0]}

shopt -s nullglob
awk -v code="$code" '
  function text(s) { gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&quot;/, "\"", s); gsub(/&amp;/, "\\&", s); return s }
  /<UnitTestResult / {
    name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name)
    outcome = $0; sub(/.* outcome="/, "", outcome); sub(/".*/, "", outcome)
    if (outcome == "Passed") passed++; else if (outcome == "NotExecuted") skipped++; else failed++
  }
  /<Message>/ && outcome == "NotExecuted" {
    sub(/.*<Message>/, ""); sub(/<\/Message>.*/, "")
    print "Skipped " text(name) ": " text($0)
    outcome = ""
  }
  END {
    # A test host that died reports no failed test.
    if (code != 0 && !failed) { print "A test run ended early (exit code " code ")."; failed = 1 }
    if (!passed && !failed) { print "No test ran."; failed = 1 }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed != 0
  }' "$results"/*.trx /dev/null

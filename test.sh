#!/usr/bin/env bash
# Builds everything and runs every test. Skipped tests are listed with their reasons, and the last line has the totals.
# Arguments are passed to dotnet test: ./test.sh --filter Ledger
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
results=$PWD/.cache/tests

eng/build.sh all || exit 1

# TorchSharp needs a newer C++ library than that of some systems.
eng/libstdcxx.sh
newer=$PWD/.cache/libstdcxx
[[ ! -d $newer ]] || export LD_LIBRARY_PATH=$newer${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

rm -rf "$results" && mkdir -p "$results"
dotnet test MLNet.ZerothOrder.sln -c Release --no-build --nologo --results-directory "$results" \
  --logger "junit;LogFileName={assembly}.xml" --logger "console;verbosity=minimal" "$@" 2>&1 |
  grep --line-buffered -vE '^(Test run for |A total of |Results File: |\[xUnit\.net |  Skipped | *$)'
code=${PIPESTATUS[0]}
dotnet run eng/TestSummary.cs -- "$results" "$code"

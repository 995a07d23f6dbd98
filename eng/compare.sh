#!/usr/bin/env bash
# compare.sh OLD NEW: what a query costs apart from its target in two checkouts, measured by each one's own 'zo bench overhead' in turns; medians of five and their ratio.
# A checkout from before that bench measured processor time gives the time of all cores, which is not comparable on a busy machine.
set -euo pipefail
old=$(readlink -f "${1:?usage: compare.sh OLD NEW}") new=$(readlink -f "${2:?usage: compare.sh OLD NEW}")

overhead() { # checkout, arguments: µs of a core per query, the fourth column of the last line
  ZO_HOME=$1 "$1/zo" bench overhead "${@:2}" | tail -n 1 | awk '{ print $4 }'
}

median() { sort -n | sed -n 3p; }

compare() {
  local before=() after=()
  for _ in 1 2 3 4 5; do
    before+=("$(overhead "$old" "$@")")
    after+=("$(overhead "$new" "$@")")
  done
  local a b
  a=$(printf '%s\n' "${before[@]}" | median)
  b=$(printf '%s\n' "${after[@]}" | median)
  awk -v what="$*" -v a="$a" -v b="$b" 'BEGIN { gsub(",", "", a); gsub(",", "", b); printf "%-80s %10s %10s %6.2f\n", what, a, b, b / a }'
}

printf '%-80s %10s %10s %6s\n' 'µs of a core per query' old new ratio
for optimizer in zo-lstm-mnist zo-lstm-plus zo-prox; do
  compare --optimizer "$optimizer" --dimension 784 --directions 20 --count 100
done
compare --optimizer zo-lstm-plus --dimension 150528 --directions 50 --count 10

#!/usr/bin/env bash
# soak.sh [QUERIES] — runs a long attack on mnist-lenet in one process: QUERIES in all (default: 20000000), 400 images, 200 at a time.
# Memory and handles are sampled once a second after a full collection. The medians of the last quarter of the samples must not be much larger than
# those of the first (not checked with fewer than 40 samples). Then four processes attack a quarter of the same images each, and their problems must be the same byte for
# byte. Last, 10,000 images are attacked for two steps, 200 at a time. The script fails if anything differs, grows or is missing.
# ZO is the zo to test, or a zo.dll (default: ./zo).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
queries=${1:-20000000}
[[ $queries =~ ^[1-9][0-9]{4,9}$ ]] || { echo "soak.sh takes a number of queries of at least 10,000, not '$queries'." >&2; exit 2; }
zo=${ZO:-$root/zo}
model=${ZO_HOME:-$root}/onnx/targets/mnist-lenet.onnx
hook=$root/tests/MLNet.ZerothOrder.Soak
work=$(mktemp -d) && trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
dotnet build "$hook" -c Release --nologo -v quiet -nodeReuse:false >&2 || exit 1
"$zo" --version >/dev/null 2>&1 || [[ $zo == *.dll ]] || exit 1

images=400 step=21
iterations=$(((queries / images + step - 2) / step))
((iterations > 0)) || iterations=1
# attack NAME ITERATIONS OPTION...: writes the run to $work/NAME and its samples to $work/NAME.samples.
attack() {
  local name=$1 run=("$zo")
  [[ $zo == *.dll ]] && run=(dotnet "$zo")
  SOAK_SAMPLES=$work/$name.samples DOTNET_STARTUP_HOOKS=$hook/bin/Release/net10.0/MLNet.ZerothOrder.Soak.dll \
    "${run[@]}" attack --model "$model" --optimizer zo-adam --smoothing 0.0001 --iterations "$2" --quiet --out "$work/$name" "${@:3}" \
    >"$work/$name.output" 2>"$work/$name.error" && return
  echo "$name failed: $(<"$work/$name.error")" >&2
  return 1
}
# Prints the records of the problems. The last one of a file has no comma, so the commas are removed.
problems() { sed -n '/^      "problems": \[/,/^      \]/p' "$1/result.json" | sed -e '1d;$d' -e 's/^        },$/        }/'; }
total() { sed -n 's/^ *"totalQueries": \([0-9]*\).*/\1/p' "$1/result.json"; }
# quarters FILE: prints the medians of the first and of the last quarter of the samples for each column; fails if the last is much larger.
quarters() {
  awk '
    { for (c = 2; c <= 4; c++) sample[c, NR] = $c }
    function median(c, from, to,   i, j, n, x, v) {
      n = 0
      for (i = from; i <= to; i++) v[++n] = sample[c, i]
      for (i = 2; i <= n; i++) { x = v[i]; for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]; v[j + 1] = x }
      return v[int((n + 1) / 2)]
    }
    END {
      quarter = int(NR / 4); if (quarter < 1) quarter = 1
      split("resident MiB,managed MiB,open handles", name, ","); split("48 24 4", room, " ")
      printf "%-14s %14s %14s   (%d samples)\n", "", "first quarter", "last quarter", NR
      for (c = 2; c <= 4; c++) {
        unit = c < 4 ? 1024 : 1
        first = median(c, 1, quarter) / unit; last = median(c, NR - quarter + 1, NR) / unit
        printf "%-14s %14.1f %14.1f\n", name[c - 1], first, last
        if (NR < 40) { if (c == 2) print "(too few samples to detect growth)" }
        else if (last > first + room[c - 1]) { print name[c - 1] " grew." ; bad = 1 }
      }
      exit bad
    }' "$1"
}

code=0
printf '%s images, %s iterations, in one process\n' "$images" "$iterations"
attack whole "$iterations" --count "$images" || exit 1
quarters "$work/whole.samples" || code=1
printf '%s queries in %s s\n' "$(total "$work/whole")" "$(sed -n '$s/ .*//p' "$work/whole.samples")"

problems "$work/whole" | sed -n 's/^          "id": "\([0-9]*\)",$/\1/p' >"$work/ids"
split -n l/4 "$work/ids" "$work/part-"
parts=() pids=()
for ids in "$work"/part-a?; do
  part=${ids##*/}
  parts+=("$part")
  attack "$part-run" "$iterations" --indices "$ids" & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
for part in "${parts[@]}"; do problems "$work/$part-run"; done >"$work/split"
if [[ $(wc -l <"$work/ids") == "$images" ]] && problems "$work/whole" | cmp - "$work/split"; then
  echo "the same problems from four processes: $(wc -l <"$work/ids") images, byte for byte"
else
  echo "The problems of the four processes differ." >&2
  code=1
fi

attack wide 2 --count 10000 || exit 1
done_problems=$(problems "$work/wide" | grep -c '^          "stopReason": "iterations",$')
echo "10,000 images: $done_problems finished, $(total "$work/wide") queries, at most $(awk '$2 > most { most = $2 } END { printf "%.0f", most / 1024 }' "$work/wide.samples") MiB resident, $(awk '$4 > most { most = $4 } END { print most }' "$work/wide.samples") handles"
if [[ $done_problems != 10000 ]]; then echo "Some of the 10,000 images were not finished." >&2; code=1; fi
exit $code

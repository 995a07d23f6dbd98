#!/usr/bin/env bash
# What shards and their merge cost. CPU seconds are of all threads, so that they mean the same on a busy machine.
# usage: tests/scaling.sh shards [IMAGES [ITERATIONS]]   the same run in 1, 2, 4 and 8 shards, one after the other
#        tests/scaling.sh merge [SHARDS [IMAGES]]        the merge of so many shards of so many images, made of one real image (needs node)
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
# timed NAME COMMAND: prints seconds, CPU seconds and the peak of memory.
timed() { /usr/bin/time -f "%e %U %S %M" -o time "$home/zo" "${@:2}" >/dev/null 2>error || { cat error; exit 1; }; awk -v name="$1" '{ printf "%-12s %8.1f s  %8.1f s of CPU  %6.0f MB\n", name, $1, $2 + $3, $4 / 1024 }' time; }
cpu() { awk '{ print $2 + $3 }' time; }

case ${1:-} in
  shards)
    run=(attack --model mnist-lenet --count "${2:-64}" --iterations "${3:-1000}" --smoothing 0.001 --quiet)
    "$home/zo" --version >/dev/null
    timed whole "${run[@]}" --out whole && base=$(cpu)
    for n in 1 2 4 8; do
      total=0
      for i in $(seq $n); do timed "$i/$n" "${run[@]}" --out "out$n" --shard "$i/$n"; total=$(echo "$total + $(cpu)" | bc); done
      timed "merge $n" merge "out$n"
      echo "$n shards: $total s of CPU, $(echo "scale=2; 100 * ($total - $base) / $base" | bc) % more than $base s in one; queries outside the problems: $(node -e "
        const s=JSON.parse(fs.readFileSync('out$n/shards.json')).shards, w=JSON.parse(fs.readFileSync('whole/result.json'));
        const all=s.reduce((a,b)=>a+b.queries,0), one=w.overheadQueries+w.runs[0].summary.totalQueries; console.log((100*(all-one)/one).toFixed(2)+' % more')")"
    done ;;
  merge)
    shards=${2:-100} images=${3:-500}
    "$home/zo" attack --model mnist-lenet --count "$shards" --iterations 200 --smoothing 0.001 --quiet --out one --shard "1/$shards" >/dev/null 2>&1
    node -e "
      const fs = require('fs'), n = $shards, m = $images, from = fs.readdirSync('one/shards')[0];
      const result = JSON.parse(fs.readFileSync('one/shards/' + from + '/result.json')), record = JSON.parse(fs.readFileSync('one/shards/' + from + '/shard.json'));
      const first = result.runs[0].problems[0], original = fs.readFileSync('one/shards/' + from + '/' + first.originalFile), image = fs.readFileSync('one/shards/' + from + '/' + first.imageFile);
      for (let s = 1; s <= n; s++) {
        const folder = 'big/shards/' + String(s).padStart(3, '0') + '-of-' + String(n).padStart(3, '0');
        for (const sub of ['originals', 'images']) fs.mkdirSync(folder + '/' + sub, { recursive: true });
        record.number = s; record.images = []; record.skipped = []; result.skipped = [];
        result.runs[0].problems = [...Array(m).keys()].map(i => {
          const place = i * n + s - 1, factor = 1 + Math.random() / 10;
          record.images.push(place);
          fs.writeFileSync(folder + '/originals/' + place + '.png', original); fs.writeFileSync(folder + '/images/' + place + '.png', image);
          return { ...first, id: String(place), trace: first.trace.map(x => x * factor), queriesToFirstSuccess: 22 + Math.floor(Math.random() * 2000), originalFile: 'originals/' + place + '.png', imageFile: 'images/' + place + '.png' };
        });
        fs.writeFileSync(folder + '/result.json', JSON.stringify(result, null, 2)); fs.writeFileSync(folder + '/shard.json', JSON.stringify(record));
      }"
    du -sh big | cut -f1
    timed "merge" merge big
    ls -l big/result.json big/report.html | awk '{ print $5, $9 }' ;;
  *) sed -n '3,4s/^# *//p' "$0"; exit 2 ;;
esac

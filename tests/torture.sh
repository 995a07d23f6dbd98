#!/usr/bin/env bash
# torture.sh [KILLS [COMMANDS]] — kills zo attack, compare, train and experiment with SIGKILL at random times, KILLS times in all (default: 40).
# Each killed command is resumed, perhaps killed again, and in the end its result must equal that of the same command without kills.
# COMMANDS are the commands to test, separated by commas (default: all four).
# TORTURE_SEED is the seed of the random times (default: 1). ZO is the zo to test, or a zo.dll (default: ./zo).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kills=${1:-40}
[[ $kills =~ ^[1-9][0-9]{0,5}$ ]] || { echo "torture.sh takes the number of kills, not '$kills'." >&2; exit 2; }
zo=${ZO:-$root/zo}
RANDOM=${TORTURE_SEED:-1}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
model=${ZO_HOME:-$root}/onnx/targets/mnist-lenet.onnx

# start NAME FOLDER: runs the command from the beginning. resume NAME FOLDER: resumes it after a kill.
start() {
  case $1 in
    attack) run attack --model "$model" --count 3 --iterations 60 --checkpoint-every 0.2 --quiet --out "$2" ;;
    compare) run compare --model "$model" --optimizers zo-adam,zo-lstm-plus --count 2 --iterations 40 --smoothing 0.0001 --checkpoint-every 0.2 --quiet --out "$2" ;;
    train) mkdir -p "$2" && train "$2" ;;
    experiment) experiment "$2" ;;
  esac
}
resume() {
  case $1 in
    attack | compare) run "$1" --resume "$2" ;;
    train) train "$2" --resume ;;
    experiment) experiment "$2" --resume ;;
  esac
}
train() { run train --task binary --stage both --hidden 3 --horizon 20 --problems 20 --query-problems 20 --epoch 5 --quiet --out "$1/o.onnx" "${@:2}"; }
experiment() { run experiment mnist-attack --quick --images 2 --quiet --out "$1" --runs "$1/runs" "${@:2}"; }
run() {
  if [[ $zo == *.dll ]]; then exec dotnet "$zo" "$@" >/dev/null 2>"$work/error"; else exec "$zo" "$@" >/dev/null 2>"$work/error"; fi
}
# can_resume NAME FOLDER: whether the folder contains a state to resume from.
can_resume() {
  case $1 in
    attack | compare) [[ -f $2/run.checkpoint ]] ;;
    train) [[ -f $2/o.onnx.checkpoint ]] ;;
    experiment) [[ -f $2/experiment.json ]] ;;
  esac
}
# same NAME A B: whether two folders contain the same result, apart from times, paths and the number of queries sent again.
same() {
  case $1 in
    attack | compare) cmp -s <(problems "$2") <(problems "$3") ;;
    train) cmp -s "$2/o.onnx" "$3/o.onnx" ;;
    experiment) cmp -s "$2/traces.csv" "$3/traces.csv" ;;
  esac
}
problems() { sed -e '/"timing": {/,/}/d' -e '/"command":/d' -e '/"resentQueries":/d' "$1/result.json"; }
resent() { sed -n 's/^ *"resentQueries": \([0-9]*\),$/\1/p' "$1/result.json" 2>/dev/null; }
milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

IFS=, read -ra commands <<<"${2:-attack,compare,train,experiment}"
failed=0
printf '%-11s %6s %6s %8s %8s\n' command kills runs same resent
for name in "${commands[@]}"; do
  [[ $name =~ ^(attack|compare|train|experiment)$ ]] || { echo "torture.sh kills attack, compare, train and experiment, not '$name'." >&2; exit 2; }
done
declare -A whole killed runs equal sent
for name in "${commands[@]}"; do
  start=$(milliseconds)
  (start "$name" "$work/whole-$name") || { echo "$name failed without kills: $(<"$work/error")" >&2; exit 1; }
  whole[$name]=$(($(milliseconds) - start)) killed[$name]=0 runs[$name]=0 equal[$name]=0 sent[$name]=0
done

done_kills=0
for ((round = 0; done_kills < kills; round++)); do
  name=${commands[round % ${#commands[@]}]}
  folder=$work/run-$round
  # Kills, one to four of them, each at a moment up to the time that the whole takes; then it may end.
  for ((left = 1 + RANDOM % 4; left > 0 && done_kills < kills; left--)); do
    if can_resume "$name" "$folder"; then resume "$name" "$folder" & else rm -rf "$folder"; start "$name" "$folder" & fi
    process=$!
    printf -v wait '%d.%03d' $((${whole[$name]} * (RANDOM % 1000) / 1000 / 1000)) $((${whole[$name]} * (RANDOM % 1000) / 1000 % 1000))
    sleep "$wait"
    kill -KILL "$process" 2>/dev/null || true
    # 137: the command was killed; another code: it had finished before.
    wait "$process" 2>/dev/null
    code=$?
    if ((code != 137)); then
      ((code == 0)) || { echo "$name failed before it was killed, with exit code $code: $(<"$work/error")" >&2; failed=1; }
      break
    fi
    ((++done_kills, ++killed[$name]))
  done
  if ((code == 137)); then
    if can_resume "$name" "$folder"; then (resume "$name" "$folder"); else rm -rf "$folder"; (start "$name" "$folder"); fi
    code=$?
    ((code == 0)) || { echo "$name could not be resumed (exit code $code): $(<"$work/error")" >&2; failed=1; }
  fi
  ((++runs[$name]))
  if same "$name" "$work/whole-$name" "$folder"; then ((++equal[$name])); else echo "$name has another result in round $round." >&2; failed=1; fi
  more=$(resent "$folder")
  ((sent[$name] += ${more:-0})) || true
  rm -rf "$folder"
done

for name in "${commands[@]}"; do
  case $name in attack | compare) again=${sent[$name]} ;; *) again=- ;; esac
  printf '%-11s %6d %6d %8d %8s\n' "$name" "${killed[$name]}" "${runs[$name]}" "${equal[$name]}" "$again"
done
exit $failed

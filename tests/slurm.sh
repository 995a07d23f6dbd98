#!/usr/bin/env bash
# Runs 8 shards under a real Slurm on this machine: one controller, two nodes. Two tasks are killed and one node is drained on the way. The merged result must be that of one machine.
# usage, as root on Debian: tests/slurm.sh [CLASSIFIER [IMAGES [ITERATIONS]]]
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
model=${1:-mnist-lenet} images=${2:-24} iterations=${3:-600} shards=8
for tool in munged slurmctld slurmd sbatch; do
  command -v $tool >/dev/null || { echo "SKIPPED: $tool is missing; install the packages slurm-wlm and munge as root (eng/test-tools.sh)."; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "SKIPPED: only root can start slurmd."; exit 0; }

dir=$(mktemp -d /tmp/zo-slurm-XXXXXX) pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for file in "$dir"/*.pid; do [ -f "$file" ] && kill "$(cat "$file")" 2>/dev/null || true; done
  [ -n "${KEEP:-}" ] && echo "Kept: $dir" || { sleep 1; rm -rf "$dir"; }
}
trap stop EXIT

# A key and a socket of its own, and ports that no other Slurm uses.
head -c 1024 /dev/urandom > "$dir/key" && chmod 400 "$dir/key"
munged --force --foreground --key-file="$dir/key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/seed" >/dev/null 2>&1 &
pids+=($!)
export SLURM_CONF=$dir/slurm.conf
host=$(hostname) port=$((20000 + RANDOM % 10000))
mkdir -p "$dir/state"
cat > "$SLURM_CONF" <<CONF
ClusterName=zo
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
MpiDefault=none
ReturnToService=2
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 State=UNKNOWN
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 State=UNKNOWN
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
CONF
until [ -S "$dir/munge.socket" ]; do sleep 0.2; done
slurmctld -D >/dev/null 2>&1 & pids+=($!)
for node in node1 node2; do slurmd -D -N $node >/dev/null 2>&1 & pids+=($!); done
for i in $(seq 100); do [ "$(sinfo -h -o '%D %t' 2>/dev/null)" = "2 idle" ] && break; sleep 0.3; done
sinfo -h -o '%N: %t'

cd "$dir"
zo() { "$home/zo" "$@"; }
run=(attack --model "$model" --count "$images" --iterations "$iterations" --smoothing 0.001 --quiet --checkpoint-every 0.5 --out out)
zo "${run[@]}" >/dev/null 2>&1 && mv out whole

running() { pgrep -af "zo.dll .*--shard auto/$shards" | grep -v "bash" || true; }
task_of() { tr '\0' '\n' < "/proc/$1/environ" | sed -n 's/^SLURM_ARRAY_TASK_ID=//p'; }
zo slurm submit --shards $shards --sbatch "cpus-per-task=1" -- "${run[@]}"
job=$(cat out/slurm/job)
killed=()
for i in $(seq 3000); do
  # A task that has a checkpoint is killed, as by a lack of memory.
  if [ ${#killed[@]} -lt 2 ]; then
    for pid in $(running | cut -d' ' -f1); do
      task=$(task_of "$pid" 2>/dev/null) || continue
      if [ ${#killed[@]} -lt 2 ] && [[ " ${killed[*]} " != *" $task "* ]] && [ -f "out/shards/00$task-of-008/run.checkpoint" ] && kill -KILL "$pid"; then killed+=("$task"); fi
    done
    if [ ${#killed[@]} = 2 ]; then scontrol update nodename=node2 state=drain reason=test; echo "Killed the tasks of shards ${killed[*]}, and drained node2."; fi
  fi

  # Slurm lets a task that is queued again wait for two minutes.
  for task in $(squeue -h -r -j "$job" -t PENDING -o '%i %r' 2>/dev/null | sed -n 's/ BeginTime//p'); do scontrol update "jobid=$task" starttime=now 2>/dev/null || true; done
  if zo slurm status out > status.txt 2>&1; then break; fi
  sleep 0.5
done
tail -3 status.txt

echo "shard  node   starts  killed  images  queries"
for task in $(seq $shards); do
  part=out/shards/00$task-of-008
  printf '%5s  %s  %6s  %6s  %s\n' "$task" "$(sed -n 's/^node: //p' "out/slurm/$task.log" | tail -1)" "$(grep -c '^node: ' "out/slurm/$task.log")" \
    "$([[ " ${killed[*]} " == *" $task "* ]] && echo yes || echo no)" \
    "$(node -e "const s=JSON.parse(fs.readFileSync('out/shards.json')).shards[$task-1];console.log(String(s.images).padStart(6), String(s.queries).padStart(8))")"
done
same=0
for file in $(cd whole && find . -type f ! -name report.html); do
  case $file in
    */result.json) diff <(sed -E 's/"(seconds|oracleSeconds|queriesPerSecond)": .*//; /"resentQueries"/d' whole/result.json) <(sed -E 's/"(seconds|oracleSeconds|queriesPerSecond)": .*//; /"resentQueries"/d' out/result.json) >/dev/null ;;
    *) cmp -s "whole/$file" "out/$file" ;;
  esac && same=$((same + 1)) || { echo "DIFFERENT: $file"; exit 1; }
done
[ ${#killed[@]} = 2 ] || { echo "The tasks ended before they could be killed; give more iterations."; exit 1; }
echo "The merged result is that of one machine: $same files, byte for byte but for times."

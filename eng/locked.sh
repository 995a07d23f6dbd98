#!/usr/bin/env bash
# locked.sh FILE COMMAND… — runs the command while no other locked.sh holds FILE. Where neither tool exists there is no lock.
mkdir -p "$(dirname "$1")"
# -o: a compiler server that the command leaves behind must not inherit the lock.
if command -v flock >/dev/null; then exec flock -o "$@"; fi
if command -v lockf >/dev/null; then exec lockf -k "$@"; fi
shift
exec "$@"

#!/usr/bin/env bash
# locked.sh FILE COMMAND… — waits until no other locked.sh holds the lock FILE, then runs the command. Without flock and lockf there is no lock.
mkdir -p "$(dirname "$1")"
# -o: a compiler server that keeps running after the command must not inherit the lock.
if command -v flock >/dev/null; then exec flock -o "$@"; fi
if command -v lockf >/dev/null; then exec lockf -k "$@"; fi
shift
exec "$@"

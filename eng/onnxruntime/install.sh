#!/usr/bin/env bash
# Fills node_modules as package-lock.json says. Run under eng/locked.sh: a second build that waited finds the work done.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
[[ node_modules/.package-lock.json -nt package-lock.json ]] && exit 0
if ! command -v npm >/dev/null; then
  echo "The NuGet feeds have no ONNX Runtime, and npm, which would fetch it, is not on the PATH; install npm." >&2
  exit 1
fi
npm ci --ignore-scripts --loglevel=error --no-progress >/dev/null && exit 0
echo "npm could not fetch ONNX Runtime, which the NuGet feeds lack; see npm's message above, then build again." >&2
exit 1

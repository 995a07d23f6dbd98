#!/usr/bin/env bash
# Fills node_modules as package-lock.json says. Run under eng/locked.sh: a second build that waited finds the work done.
# Without npm, or without its registry, reports are built all the same, with tables and no charts: one line says so.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
[[ node_modules/.licences/all.txt -nt package-lock.json && node_modules/.licences/all.txt -nt licences.mjs ]] && exit 0
if ! command -v npm >/dev/null; then
  echo "Reports get no charts: npm, which would fetch what draws them, is not on the PATH; install npm and build again."
  exit 0
fi
npm ci --ignore-scripts --prefer-offline --fetch-retries=1 --loglevel=error --no-progress >/dev/null && node licences.mjs && exit 0
rm -rf node_modules
echo "Reports get no charts: npm could not fetch what draws them; see its message above, then build again."

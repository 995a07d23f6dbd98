#!/usr/bin/env bash
# Installs the tools of some tests, on Debian and as root: a browser and the reference implementation of ONNX. Tests are skipped if
# their tool is missing, so this script never fails. It prints the missing tools.
tools=(chromium python3-onnx)

missing=()
for tool in "${tools[@]}"; do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null) == installed ]] || missing+=("$tool")
done
[[ ${#missing[@]} == 0 ]] && exit 0

if ! command -v apt-get >/dev/null || [[ $(id -u) != 0 ]]; then
  echo "Not installed: ${missing[*]} (installing needs apt-get and root). The tests that need them are skipped."
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
for tool in "${missing[@]}"; do
  install() { apt-get install -y -qq --no-install-recommends "$tool" >>"$log" 2>&1; }
  # The existing package list may be outdated.
  install || { apt-get update -qq >>"$log" 2>&1; install; } ||
    echo "Not installed: $tool ($(grep -m1 '^E: ' "$log" || echo 'apt-get failed')). The tests that need it are skipped."
done
rm -f "$log"
exit 0

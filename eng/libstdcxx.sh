#!/usr/bin/env bash
# TorchSharp's native library asks for the C++ library of GCC 13, by the version of a symbol that does nothing. Where the system's
# is older (Debian 12, Ubuntu 22.04), this makes a stand-in in .cache/libstdcxx that has that version and hands everything else on
# to the system's. test.sh puts it before the system's; programs that are shipped know nothing of it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/.cache/libstdcxx
wanted=GLIBCXX_3.4.32

[[ $(uname -sm) == "Linux x86_64" ]] || exit 0
system=$(ldconfig -p 2>/dev/null | sed -n 's:.*libstdc++\.so\.6 (.*x86-64.*) => ::p' | head -n 1)
[[ -n $system ]] || exit 0
grep -qa "$wanted" "$system" && exit 0
[[ -e $out/libstdc++.so.6 ]] && exit 0
if ! command -v g++ objdump >/dev/null; then
  echo "Not built: a stand-in for a newer C++ library (that takes g++). The tests that need TorchSharp are skipped."
  exit 0
fi

draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
cd "$draft"
objdump -p "$system" | sed -n '/^Version definitions/,/^$/p' | awk '$4 ~ /^(GLIBCXX|CXXABI)_/ { print $4 " {};" }' | sort -u >versions
echo "$wanted { global: _ZSt21ios_base_library_initv; local: *; };" >>versions

# Loading iostream's own initialisation is what the newer library does for its callers.
printf '#include <iostream>\nextern "C" void _ZSt21ios_base_library_initv() {}\n' >init.cpp

# What a link's target is called in its library must not be what the stand-in is called, so it is linked to an empty one of another name.
gcc -shared -x c /dev/null -o libstdc++-system.so
g++ -shared -fPIC -nodefaultlibs init.cpp -o libstdc++.so.6 -Wl,-soname,libstdc++.so.6 -Wl,--version-script=versions \
  -Wl,--no-as-needed -L. -l:libstdc++-system.so -lc
ln -sf "$system" libstdc++-system.so
mkdir -p "$out"
mv libstdc++-system.so "$out"
mv libstdc++.so.6 "$out"

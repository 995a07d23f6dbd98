#!/usr/bin/env bash
# TorchSharp's native library requires the C++ library of GCC 13, but only for one symbol that does nothing. If the system's library
# is older (Debian 12, Ubuntu 22.04), this script builds a small library in .cache/libstdcxx that has the symbol and forwards everything else
# to the system's library. Only test.sh uses it, by LD_LIBRARY_PATH.
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
  echo "Not built: a replacement of the newer C++ library, which needs g++ and objdump. The tests that need TorchSharp are skipped."
  exit 0
fi

draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
cd "$draft"
objdump -p "$system" | sed -n '/^Version definitions/,/^$/p' | awk '$4 ~ /^(GLIBCXX|CXXABI)_/ { print $4 " {};" }' | sort -u >versions
echo "$wanted { global: _ZSt21ios_base_library_initv; local: *; };" >>versions

# The newer library initialises iostream for its callers. Including iostream here does the same.
printf '#include <iostream>\nextern "C" void _ZSt21ios_base_library_initv() {}\n' >init.cpp

# A library cannot depend on a library of its own name. So this one is linked to an empty library of another name, which is then replaced by a
# symbolic link to the system's library.
gcc -shared -x c /dev/null -o libstdc++-system.so
g++ -shared -fPIC -nodefaultlibs init.cpp -o libstdc++.so.6 -Wl,-soname,libstdc++.so.6 -Wl,--version-script=versions \
  -Wl,--no-as-needed -L. -l:libstdc++-system.so -lc
ln -sf "$system" libstdc++-system.so
mkdir -p "$out"
mv libstdc++-system.so "$out"
mv libstdc++.so.6 "$out"

#!/usr/bin/env bash
# fuzz.sh [N [SEED [READER]]] — gives N (default: 1000) mutated files to every reader of untrusted files, or only to READER, and N/50
# mutated models to ONNX Runtime. Each file must be read or refused. A file that crashes a reader is saved under /tmp, its path is printed, and the exit code is 1.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
n=${1:-1000} seed=${2:-1} reader=${3:-all}
program=$root/tests/MLNet.ZerothOrder.Fuzz
dotnet build "$program" -c Release --nologo -v quiet -nodeReuse:false >&2 || exit 1
fuzz() { dotnet "$program/bin/Release/net10.0/MLNet.ZerothOrder.Fuzz.dll" "$1" "$2" "$seed" "$root"; }

code=0
if [[ $reader != onnxruntime ]]; then fuzz "$reader" "$n" || code=1; fi
if [[ $reader == onnxruntime ]]; then fuzz onnxruntime "$n" || code=1; fi
if [[ $reader == all ]]; then fuzz onnxruntime $(((n + 49) / 50)) || code=1; fi
exit $code

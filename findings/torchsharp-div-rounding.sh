#!/usr/bin/env bash
# TorchSharp 0.107.0: torch.div(x, y, RoundingMode.floor) does not round; the method x.div(y, RoundingMode.floor) does.
#
# torch.div(7, 2, floor) of two integer tensors gives 3.5 and a floating-point tensor, x.div(y, floor) gives 3 and an integer one. The same for RoundingMode.trunc, and for a number as the divisor.
# Surprising because the function takes the mode and ignores it, because in PyTorch both are the same function, and because the result has another type.
# Who meets it: index arithmetic of detectors and of top-k over flattened scores (index div width), and ported models: the wrong index is found only where it is used.
set -euo pipefail
# TorchSharp's native library needs the C++ library of GCC 13. On older systems the repository's script builds what is missing.
here=$(cd "$(dirname "$0")" && pwd)
if [[ -x $here/../eng/libstdcxx.sh ]]; then "$here/../eng/libstdcxx.sh"; fi
export LD_LIBRARY_PATH=$here/../.cache/libstdcxx:${LD_LIBRARY_PATH:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package TorchSharp@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
#:property CreateHardLinksForCopyLocalIfPossible=true
using TorchSharp;
using static TorchSharp.torch;

string Text(Tensor t) => string.Join(", ", t.to(float64).data<double>()) + " " + t.dtype;
var x = torch.tensor(new long[] { 7, -7, 11 });
var y = torch.tensor(new long[] { 2, 2, 4 });
var function = torch.div(x, y, RoundingMode.floor);
var method = x.div(y, RoundingMode.floor);
var number = torch.div(x, 2, RoundingMode.trunc);
Console.WriteLine($"torch.div(x, y, floor): {Text(function)}\nx.div(y, floor): {Text(method)}\ntorch.div(x, 2, trunc): {Text(number)}\nx.div(2, trunc): {Text(x.div(2, RoundingMode.trunc))}");
return function[0].to(float64).item<double>() == 3.5 && method[0].item<long>() == 3 && number[0].to(float64).item<double>() == 3.5 ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# TorchSharp 0.107.0: x.sum(0) is not the sum over the first dimension but one byte: the sum of all elements, modulo 256.
#
# Of the rows 100 200 1 and 50 70 2, sum(1) gives 301 and 122 as it should. sum(0) gives the single byte 167, which is 423 - 256, in place of 150 270 3. prod(0) and torch.sum(x, 0) are bytes too. With a variable of the value 0, and as sum([0]), all is right: C# takes the constant 0
# for a member of an enumeration, here for the type uint8 of another overload, and for no other constant.
# Surprising because the code is that of every PyTorch program, compiles without a warning, differs from sum(1) by a digit, and a byte takes part in all further arithmetic by broadcasting.
# Who meets it: sums over a batch: counts of a class, bias gradients, averages of embeddings.
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

var x = torch.tensor(new float[,] { { 100, 200, 1 }, { 50, 70, 2 } });
string Show(string name, Tensor t)
{
    string text = $"{t.dtype} {string.Join(" ", t.to(float64).flatten().data<double>().ToArray())}";
    Console.WriteLine($"{name}: {text}");
    return text;
}

long first = 0;
bool same = Show("x.sum(0)", x.sum(0)) == "Byte 167" && Show("torch.sum(x, 0)", torch.sum(x, 0)) == "Byte 167" && Show("x.prod(0)", x.prod(0)).StartsWith("Byte");
same &= Show("x.sum(1)", x.sum(1)) == "Float32 301 122" && Show("x.sum(first), where first = 0", x.sum(first)) == "Float32 150 270 3" && Show("x.sum([0])", x.sum([0])) == "Float32 150 270 3";
return same ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# TorchSharp 0.107.0: torch.var_mean returns the standard deviation in place of the variance.
#
# Of 1, 2, 3, 4, 5, 6 it gives 1.87, where torch.var gives 3.5, the square. Its mean is right. It is so over all elements and over a dimension, with unbiased and without; torch.std_mean is right.
# Surprising because the field that is read has the name var, and because for data of a deviation near 1, as after normalisation, the two are alike.
# Who meets it: normalisation layers and whitening written by hand: they divide by the root of the deviation.
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

var x = torch.tensor(new double[,] { { 1, 2, 3 }, { 4, 5, 6 } });
double Number(Tensor t) => t.flatten()[0].item<double>();
bool same = true;
foreach (bool unbiased in new[] { true, false })
{
    var whole = torch.var_mean(x, unbiased: unbiased);
    double expected = Number(torch.var(x, unbiased));
    Console.WriteLine($"unbiased {unbiased}: var_mean {Number(whole.@var):F4} and {Number(whole.mean):F4}, std_mean {Number(torch.std_mean(x, unbiased: unbiased).std):F4}; the variance is {(unbiased ? 3.5 : 17.5 / 6):F4}, the deviation {Math.Sqrt(unbiased ? 3.5 : 17.5 / 6):F4}");
    same &= Math.Abs(Number(whole.@var) - Math.Sqrt(unbiased ? 3.5 : 17.5 / 6)) < 1e-6 && Math.Abs(Number(whole.mean) - 3.5) < 1e-6;
}

return same ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# TorchSharp 0.107.0: PoissonNLLLoss takes its eps for 0, so a rate of 0 costs infinity.
#
# With log_input: false the loss of a rate r and a count k is r - k log(r + eps), and eps is what keeps the logarithm finite. For r = 0, k = 1 and the default eps of 1e-8 it is 18.4; here it is infinite. With eps = 0.5 it should be
# 0.69 and is infinite, too (in double both are 724). For r = 1 the losses with eps = 0.5 and without are the same. The argument is a float here and a double in the native library, in which its bits are a number near 1e-315.
# Surprising because no other loss has this fault, eps is accepted, and while the rates stay away from 0 nothing differs.
# Who meets it: counts from a network that ends in ReLU: the first dead output makes the loss infinite and the weights NaN.
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

double Loss(double rate, double count, float eps) => nn.PoissonNLLLoss(log_input: false, eps: eps).call(torch.tensor(new[] { (float)rate }), torch.tensor(new[] { (float)count })).item<float>();
double Right(double rate, double count, double eps) => rate - count * Math.Log(rate + eps);
foreach ((double rate, float eps) in new[] { (0, 1e-8f), (0, 0.5f), (1, 0.5f), (1.0, 1e-8f) })
{
    Console.WriteLine($"rate {rate}, count 1, eps {eps}: {Loss(rate, 1, eps):G4}; by the formula {Right(rate, 1, eps):G4}");
}

return double.IsPositiveInfinity(Loss(0, 1, 1e-8f)) && double.IsPositiveInfinity(Loss(0, 1, 0.5f)) && Math.Abs(Loss(1, 1, 0.5f) - Right(1, 1, 0)) < 1e-6 ? 0 : 1;
END
dotnet run app.cs

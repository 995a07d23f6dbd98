#!/usr/bin/env bash
# TorchSharp 0.107.0: samples of a Weibull distribution are negative, and its distribution function gives numbers such as 1e11.
#
# A Weibull variable is positive. Of 200,000 samples of Weibull(2, 3) all are negative, with a mean of -0.89; mean and variance of the same object are given as 1.79 and 0.42, which is right for the distribution.
# cdf(2) is 2981 and cdf(3) 5e11, where they are 0.63 and 0.97.
# Surprising because the moments are right and only what is drawn is wrong, and because a survival model that draws negative times fails far from here, in a logarithm.
# Who meets it: reliability and survival models, wind speeds. scale * Exponential(1).sample().pow(1 / k) does what is meant.
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

torch.random.manual_seed(1);
var weibull = distributions.Weibull(torch.tensor(2.0), torch.tensor(3.0));
var drawn = weibull.sample(200_000);
var values = weibull.cdf(torch.tensor(new double[] { 2, 3 })).data<double>().ToArray();
double mean = drawn.mean().item<double>(), largest = drawn.max().item<double>();
Console.WriteLine($"Weibull(2, 3): mean {weibull.mean.item<double>():F3}, of 200,000 samples {mean:F3}, the largest sample {largest:F3}");
Console.WriteLine($"cdf(2) = {values[0]:G4}, cdf(3) = {values[1]:G4}; 1 - exp(-(x/2)^3) = {1 - Math.Exp(-1):F3}, {1 - Math.Exp(-3.375):F3}");
return largest <= 0 && values[1] > 1 && weibull.mean.item<double>() > 0 ? 0 : 1;
END
dotnet run app.cs

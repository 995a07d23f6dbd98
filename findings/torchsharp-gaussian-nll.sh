#!/usr/bin/env bash
# TorchSharp 0.107.0: GaussianNLLLoss sums over the features of a row before it averages over the rows, so it is as many times too large as there are features.
#
# For two rows of three features the mean of the six losses is 0.35. nn.GaussianNLLLoss gives 1.05, three times as much; with Reduction.None it gives two numbers in place of six. For one feature all agree. PyTorch averages over all elements.
# Surprising because MSELoss, SmoothL1Loss and PoissonNLLLoss of the same library average over all elements, and the documentation says mean.
# Who meets it: networks that predict a mean and a variance for every pixel or time step: the gradient is thousands of times larger than with the same code in Python, beside any other term of the loss.
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

Tensor predicted = torch.arange(6, dtype: float64).reshape(2, 3), target = predicted * 0.5 + 1, variance = predicted * 0.1 + 0.5;
double[] terms = (0.5 * (variance.log() + (predicted - target).square() / variance)).data<double>().ToArray();
double mean = nn.GaussianNLLLoss().call(predicted, target, variance).item<double>();
long[] shape = nn.GaussianNLLLoss(reduction: nn.Reduction.None).call(predicted, target, variance).shape;
double squares = nn.MSELoss().call(predicted, target).item<double>(), one = nn.GaussianNLLLoss().call(predicted.reshape(6, 1), target.reshape(6, 1), variance.reshape(6, 1)).item<double>();
Console.WriteLine($"mean of the six terms {terms.Average():0.0000}; GaussianNLLLoss of 2 x 3 {mean:0.0000}, of 6 x 1 {one:0.0000}; unreduced it has the shape {string.Join(" x ", shape)}");
Console.WriteLine($"MSELoss {squares:0.0000} is the mean of all six: {(predicted - target).square().mean().item<double>():0.0000}");
return Math.Abs(mean / terms.Average() - 3) < 1e-6 && Math.Abs(one - terms.Average()) < 1e-6 && shape is [2] ? 0 : 1;
END
dotnet run app.cs

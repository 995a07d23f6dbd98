#!/usr/bin/env bash
# TorchSharp 0.107.0: the variance of an exponential distribution is given as rate^2 instead of 1/rate^2, the mean of a geometric one as a negative number, and its entropy is that of a coin.
#
# Exponential(2).variance is 4; the samples' is 0.25. Geometric(0.3).mean is -1.43 although no sample is negative; the samples' mean is 2.33 = (1 - p)/p. Geometric(0.3).entropy() is 0.62, near that of one
# throw, where -sum p log p of the distribution's own probabilities is 2.04. The variance of the geometric distribution is right.
# Surprising because sample() and log_prob() of the same objects are right, so that a test of one of them passes.
# Who meets it: waiting times and counts of trials: moment matching, control variates, entropy bonuses in policy gradients.
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
var exponential = distributions.Exponential(torch.tensor(2f));
var geometric = distributions.Geometric(torch.tensor(0.3f));
var waits = exponential.sample(200_000);
var counts = geometric.sample(200_000);
float variance = exponential.variance.item<float>(), mean = geometric.mean.item<float>(), entropy = geometric.entropy().item<float>();
float sampled = waits.var().item<float>(), sampledMean = counts.mean().item<float>();
var p = geometric.log_prob(torch.arange(200).to(float32)).exp();
float summed = -(p * p.clamp(1e-30).log()).sum().item<float>();
Console.WriteLine($"Exponential(2): variance {variance}, of 200,000 samples {sampled:F3}\nGeometric(0.3): mean {mean:F3}, of 200,000 samples {sampledMean:F3}; entropy {entropy:F3}, summed over its probabilities {summed:F3}");
return variance == 4 && Math.Abs(sampled - 0.25) < 0.01 && mean < 0 && Math.Abs(sampledMean - 7 / 3f) < 0.05 && entropy < 0.7 && summed > 2 ? 0 : 1;
END
dotnet run app.cs

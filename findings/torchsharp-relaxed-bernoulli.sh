#!/usr/bin/env bash
# TorchSharp 0.107.0: log_prob of RelaxedBernoulli belongs to another probability than its samples.
#
# Of the samples for the probability 0.3, a share of 0.30 is above 0.5, at every temperature, as it should be. The density exp(log_prob) has the share 0.3 / 1.3 = 0.23 there, and for the probability 0.8 the share 0.44 in place of 0.8: the property logits is log p in place of
# log(p / (1 - p)).
# Surprising because the density is one, with the integral 1, and the object's own samples contradict it.
# Who meets it: binary latent variables trained by the concrete relaxation: the loss has the distribution's density in it, and pulls towards other probabilities.
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
bool same = true;
foreach (double p in new[] { 0.3, 0.8 })
{
    foreach (double temperature in new[] { 1.0, 0.5 })
    {
        var relaxed = distributions.RelaxedBernoulli(torch.tensor(temperature), torch.tensor(p));
        double samples = relaxed.sample(100_000).gt(0.5).to(float64).mean().item<double>();

        // The integral of the density over the logit t of x: x (1 - x) exp(log_prob(x)) dt.
        var x = ((torch.arange(50_000, dtype: float64) + 0.5) / 50_000 * 24).sigmoid();
        double above = (relaxed.log_prob(x).exp() * x * (1 - x)).sum().item<double>() * 24 / 50_000;
        double below = (relaxed.log_prob(1 - x).exp() * x * (1 - x)).sum().item<double>() * 24 / 50_000;
        Console.WriteLine($"probability {p}, temperature {temperature}: share above 0.5 of the samples {samples:F3}, by the density {above:F3}, below {below:F3}; logits {relaxed.logits.item<double>():F3}, log p {Math.Log(p):F3}");
        same &= Math.Abs(samples - p) < 0.01 && Math.Abs(above - p / (1 + p)) < 0.01 && Math.Abs(above + below - 1) < 0.01;
    }
}

return same ? 0 : 1;
END
dotnet run app.cs

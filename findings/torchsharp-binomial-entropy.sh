#!/usr/bin/env bash
# TorchSharp 0.107.0: the entropy of a binomial distribution is that of one throw, whatever the number of throws.
#
# Binomial(5, 0.3).entropy() and Binomial(100, 0.3).entropy() are both 0.611, the entropy of a single throw. The sums of -p log p over the distribution's own log_prob are 1.41 and 2.93. PyTorch sums them too.
# Surprising because mean, variance and log_prob take the number of throws into account, and because the value is right for one throw.
# Who meets it: counts out of n in variational models and policies: the bonus for entropy does not grow with n.
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

bool same = true;
foreach (int count in new[] { 1, 5, 100 })
{
    var binomial = distributions.Binomial(torch.tensor((double)count), torch.tensor(0.3));
    double entropy = binomial.entropy().item<double>();
    var p = Enumerable.Range(0, count + 1).Select(k => Math.Exp(binomial.log_prob(torch.tensor((double)k)).item<double>())).ToArray();
    double summed = p.Sum(v => v > 0 ? -v * Math.Log(v) : 0);
    Console.WriteLine($"Binomial({count}, 0.3): entropy {entropy:F4}, summed over its probabilities {summed:F4}, mean {binomial.mean.item<double>()}, the probabilities' sum {p.Sum():F6}");
    same &= Math.Abs(entropy - 0.6109) < 1e-3 && Math.Abs(p.Sum() - 1) < 1e-6 && (count == 1) == Math.Abs(entropy - summed) < 1e-3;
}

return same ? 0 : 1;
END
dotnet run app.cs

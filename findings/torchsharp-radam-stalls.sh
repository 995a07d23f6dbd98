#!/usr/bin/env bash
# TorchSharp 0.107.0: optim.RAdam multiplies by the learning rate twice from its sixth step on, so it almost stops there.
#
# RAdam takes plain momentum steps while it knows too little of the gradient's variance, five with the usual settings, and rectified Adam steps after that. With a constant gradient of 1 and a rate of 0.05 the first
# five steps are 0.05 each; the sixth is 0.0000645, where the formula gives 0.00129: the factor is the rate itself. At a rate of 0.001 all later steps are 1,000 times too short.
# Surprising because the first steps are right, the loss falls, and then training looks as if it had converged.
# Who meets it: whoever chooses RAdam to do without a warm-up. A rate of 1 would hide it.
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

double[] Steps(double rate)
{
    var weight = new TorchSharp.Modules.Parameter(torch.tensor(new double[] { 0 }));
    var optimizer = optim.RAdam(new[] { weight }, rate);
    var steps = new double[8];
    for (int i = 0; i < steps.Length; i++)
    {
        double before = weight.item<double>();
        optimizer.zero_grad();
        weight.sum().backward();
        optimizer.step();
        steps[i] = before - weight.item<double>();
    }

    return steps;
}

// The length of step t for a constant gradient of 1: the rate times the rectification, since mean and root of the second moment are both 1.
double Expected(double rate, int t)
{
    double last = 2 / (1 - 0.999) - 1, power = Math.Pow(0.999, t), rho = last - 2 * t * power / (1 - power);
    return rho <= 5 ? rate : rate * Math.Sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho));
}

foreach (double rate in new[] { 1, 0.05, 0.001 })
{
    Console.WriteLine($"rate {rate}: steps 5 to 8 {string.Join(", ", Steps(rate).Skip(4).Select(s => s.ToString("G3")))}; by the formula {string.Join(", ", Enumerable.Range(5, 4).Select(t => Expected(rate, t).ToString("G3")))}");
}

double ratio = Steps(0.05)[6] / Expected(0.05, 7);
return Math.Abs(Steps(1)[6] / Expected(1, 7) - 1) < 0.01 && Math.Abs(ratio - 0.05) < 0.001 ? 0 : 1;
END
dotnet run app.cs

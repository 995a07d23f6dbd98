#!/usr/bin/env bash
# TorchSharp 0.107.0: lr_scheduler.CyclicLR raises the momentum together with the rate, up to 1; it should lower it from 0.9 to 0.8.
#
# With the default bounds, base_momentum 0.8 and max_momentum 0.9, the momentum should fall from 0.9 to 0.8 while the learning rate climbs, and return. Here it climbs from 0.9 to 1.0, the value at which a step never fades. OneCycleLR
# of the same library lowers it as it should.
# Surprising because the name of the bound says that it is a maximum, and because rate and momentum are coupled in order to move against each other.
# Who meets it: everybody who uses CyclicLR with SGD, since cycle_momentum is on by default: at the top of every cycle the momentum is largest where the rate is, which looks like a rate that is too high. cycle_momentum: false helps.
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
using TorchSharp.Modules;
using static TorchSharp.torch;

double[] Momenta(Func<optim.Optimizer, optim.lr_scheduler.LRScheduler> make)
{
    var optimizer = optim.SGD(new[] { new Parameter(torch.tensor(1.0)) }, 0.1, 0.9);
    var scheduler = make(optimizer);
    var momenta = new List<double>();
    for (int step = 0; step < 21; step++)
    {
        momenta.Add(((SGD.ParamGroup)optimizer.ParamGroups.First()).Momentum);
        scheduler.step();
    }

    return momenta.ToArray();
}

double[] cyclic = Momenta(o => optim.lr_scheduler.CyclicLR(o, 0.1, 1, 10)), cycle = Momenta(o => optim.lr_scheduler.OneCycleLR(o, 1.0, 30, base_momentum: 0.8, max_momentum: 0.9));
Console.WriteLine($"CyclicLR, ten steps up and ten down: {string.Join(" ", cyclic.Select(m => m.ToString("0.00")))}");
Console.WriteLine($"OneCycleLR, nine steps up: {string.Join(" ", cycle.Select(m => m.ToString("0.00")))}");
return Math.Abs(cyclic[10] - 1) < 1e-9 && cyclic.Min() > 0.89 && cycle.Max() < 0.901 && cycle.Min() < 0.81 ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# TorchSharp 0.107.0: with maximize, SGD's weight decay makes weights grow; Adam's, AdamW's and RMSProp's shrinks them.
#
# A weight of 1 whose gradient is 0, a rate of 0.1 and a decay of 0.1: after ten steps SGD leaves 0.904, and 1.105 with maximize: true. The others shrink it in both cases. In PyTorch maximize changes the sign of the gradient
# before the decay is added, so a weight decays there.
# Surprising because the decay is meant to hold weights back whatever the objective is, and because the optimizers of one library disagree.
# Who meets it: whoever maximises a reward, a likelihood or an attack's objective with SGD: weights grow by a factor that compounds, 1.01 a step here.
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

double After(Func<Parameter[], optim.Optimizer> make)
{
    var weight = new Parameter(torch.tensor(1.0));
    var optimizer = make([weight]);
    for (int step = 0; step < 10; step++)
    {
        optimizer.zero_grad();
        (weight * 0).backward();
        optimizer.step();
    }

    return weight.item<double>();
}

double plain = After(p => optim.SGD(p, 0.1, weight_decay: 0.1)), sgd = After(p => optim.SGD(p, 0.1, weight_decay: 0.1, maximize: true));
double adam = After(p => optim.Adam(p, 0.1, weight_decay: 0.1, maximize: true)), adamW = After(p => optim.AdamW(p, 0.1, weight_decay: 0.1, maximize: true)), rms = After(p => optim.RMSProp(p, 0.1, weight_decay: 0.1, maximize: true));
Console.WriteLine($"a weight of 1 without a gradient after ten steps: SGD {plain:0.0000}; with maximize: SGD {sgd:0.0000}, Adam {adam:0.0000}, AdamW {adamW:0.0000}, RMSProp {rms:0.0000}");
return plain < 1 && sgd > 1.1 && adam < 1 && adamW < 1 && rms < 1 ? 0 : 1;
END
dotnet run app.cs

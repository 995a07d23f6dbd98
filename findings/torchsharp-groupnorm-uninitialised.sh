#!/usr/bin/env bash
# TorchSharp 0.107.0: a new nn.GroupNorm has whatever was in memory as its weights and biases; LayerNorm, BatchNorm and InstanceNorm start with 1 and 0.
#
# The layer allocates its parameters and does not fill them. So a network of convolutions and group normalisation is multiplied by random bytes: by 1e-29, by 1e30 or by NaN, another
# number in each run, and often by almost 0, so that it answers the same for every input and has no gradient.
# Surprising because in PyTorch the weights are 1 and the biases 0, because the other normalisations of the same library do that, and because training may work in one run and not in the next.
# Who meets it: whoever trains with group normalisation, the usual choice for small batches. reset_parameters() or nn.init.ones_(layer.weight) and zeros_(layer.bias) help.
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

// Fills freed memory with sevens first, so that what was there before is seen in the weights.
void Dirty()
{
    for (int i = 0; i < 50; i++)
    {
        using var used = torch.full(4096, 7f);
    }
}

int wrong = 0;
for (int i = 0; i < 20; i++)
{
    Dirty();
    using var layer = nn.GroupNorm(8, 4096);
    bool fresh = (layer.weight! == 1).all().item<bool>() && (layer.bias! == 0).all().item<bool>();
    wrong += fresh ? 0 : 1;
    if (i < 3)
    {
        Console.WriteLine($"GroupNorm's first weights: {string.Join(", ", layer.weight!.data<float>().Take(4))}; biases: {string.Join(", ", layer.bias!.data<float>().Take(4))}");
    }
}

using var other = nn.LayerNorm(4);
Console.WriteLine($"LayerNorm's weights: {string.Join(", ", other.weight!.data<float>())}");
Console.WriteLine($"of 20 new layers of group normalisation {wrong} are not 1 and 0");
return wrong > 0 && (other.weight == 1).all().item<bool>() ? 0 : 1;
END
dotnet run app.cs

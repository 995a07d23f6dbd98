#!/usr/bin/env bash
# TorchSharp 0.107.0: nn.init.trunc_normal_ with its default arguments fills a tensor with one and the same number, mean + standard deviation.
#
# trunc_normal_(w) should draw from N(0, 1), cut at -2 and 2. Every element becomes 1. trunc_normal_(w, 0, 0.02), the initialisation of transformers, makes every element 0.02. With
# limits of their own (mean 1, deviation 2, cut at 0 and 2) the values lie between 1.6 and 2, where their mean should be 1. PyTorch inverts the normal distribution's function with erfinv,
# which here is another function (see torchsharp-erfinv-is-erf), and what is left is clipped.
# Surprising because a layer of equal weights is the one start from which no training recovers: all its units stay equal, so the loss falls a little and stays.
# Who meets it: whoever ports a vision transformer, a ConvNeXt or a GPT. Draw normal_ and clamp instead.
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

string Text(Tensor t) => $"from {t.min().item<float>():F4} to {t.max().item<float>():F4}, mean {t.mean().item<float>():F4}, standard deviation {t.std().item<float>():F4}";
var usual = nn.init.trunc_normal_(torch.empty(300, 200));
var small = nn.init.trunc_normal_(torch.empty(300, 200), 0, 0.02);
var limits = nn.init.trunc_normal_(torch.empty(300, 200), 1, 2, 0, 2);
Console.WriteLine($"trunc_normal_(w): {Text(usual)}\ntrunc_normal_(w, 0, 0.02): {Text(small)}\ntrunc_normal_(w, 1, 2, 0, 2): {Text(limits)}");
return usual.std().item<float>() < 1e-3 && small.std().item<float>() < 1e-5 && limits.mean().item<float>() > 1.7 ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# TorchSharp 0.107.0: kl_div and nn.KLDivLoss take the target for logarithms unless they are told otherwise; PyTorch takes it for probabilities.
#
# kl_div(log p, q) of two equal distributions should be 0. Here exp(q) (q - log p) is summed, which is 7.0. With log_target: false it is 0.
# Surprising because the names, the order and the other defaults are PyTorch's, because the value is finite and falls while it is minimised, and because the model then learns something else: its logarithms go
# to the probabilities themselves.
# Who meets it: distillation, variational models, label smoothing: every port of KLDivLoss()(log_p, q).
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

var q = torch.tensor(new double[,] { { 0.7, 0.2, 0.1 } });
double usual = nn.functional.kl_div(q.log(), q, reduction: nn.Reduction.Sum).item<double>();
double layer = nn.KLDivLoss(reduction: nn.Reduction.Sum).forward(q.log(), q).item<double>();
double told = nn.functional.kl_div(q.log(), q, log_target: false, reduction: nn.Reduction.Sum).item<double>();
double logarithms = (q.exp() * (q - q.log())).sum().item<double>();
Console.WriteLine($"two equal distributions: kl_div {usual:F4}, KLDivLoss {layer:F4}, with log_target: false {told:F4}; exp(q) (q - log p) is {logarithms:F4}");
return Math.Abs(usual - logarithms) < 1e-9 && Math.Abs(layer - logarithms) < 1e-9 && Math.Abs(told) < 1e-12 ? 0 : 1;
END
dotnet run app.cs

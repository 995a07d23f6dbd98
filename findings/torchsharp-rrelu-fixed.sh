#!/usr/bin/env bash
# TorchSharp 0.107.0: RReLU, the randomised rectifier, is not random while it trains.
#
# RReLU(0.1, 0.9) should multiply every negative number by its own random slope between 0.1 and 0.9 in training and by 0.5 in evaluation. It multiplies by 0.5 in both, so that it is LeakyReLU(0.5). Dropout of the same library is random in training and quiet in evaluation.
# Surprising because nothing fails and the layer says that it is training.
# Who meets it: networks that rely on its noise against overfitting, and robustness by random activations: there is none.
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
var layer = nn.RReLU(0.1, 0.9);
var dropout = nn.Dropout(0.5);
var x = -torch.ones(1000);
(double Low, double High) Range(string name, Tensor y)
{
    var range = ((double)y.min().item<float>(), (double)y.max().item<float>());
    Console.WriteLine($"{name}: {range}");
    return range;
}

layer.train();
dropout.train();
var trained = Range($"RReLU, training {layer.training}", layer.forward(x));
var dropped = Range("Dropout, training", dropout.forward(x));
layer.eval();
dropout.eval();
var evaluated = Range("RReLU, evaluation", layer.forward(x));
var kept = Range("Dropout, evaluation", dropout.forward(x));
return trained == (-0.5, -0.5) && evaluated == (-0.5, -0.5) && dropped == (-2, 0) && kept == (-1, -1) ? 0 : 1;
END
dotnet run app.cs

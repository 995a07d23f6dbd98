#!/usr/bin/env bash
# TorchSharp 0.107.0: nn.Hardtanh, functional.hardtanh and Tensor.hardtanh return their input unchanged, unless inplace is true.
#
# hardtanh clips to [-1, 1], or to the given limits. Here a value of 7 comes out as 7. With inplace: true the same call clips.
# Surprising because the three ways agree with each other, the limits are accepted, relu6 (the same operation with other limits) works, and nothing warns: the network merely has no activation there.
# Who meets it: binary and quantised networks, policies with bounded actions, and every ported model with a hard tanh. clamp(-1, 1) does what is meant.
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

string Text(Tensor t) => string.Join(", ", t.data<float>());
var x = torch.tensor(new float[] { -3, -0.4f, 0.3f, 7 });
var functional = nn.functional.hardtanh(x, -2, 2);
var method = x.hardtanh(-2, 2);
var layer = nn.Hardtanh(-2, 2).forward(x);
var inPlace = nn.functional.hardtanh(x.clone(), -2, 2, inplace: true);
Console.WriteLine($"input: {Text(x)}\nfunctional.hardtanh(x, -2, 2): {Text(functional)}\nx.hardtanh(-2, 2): {Text(method)}\nnn.Hardtanh(-2, 2): {Text(layer)}");
Console.WriteLine($"in place: {Text(inPlace)}\nclamp(-2, 2): {Text(x.clamp(-2, 2))}");
bool unchanged = new[] { functional, method, layer }.All(t => t.allclose(x));
return unchanged && inPlace.allclose(x.clamp(-2, 2)) ? 0 : 1;
END
dotnet run app.cs

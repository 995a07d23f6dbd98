#!/usr/bin/env bash
# TorchSharp 0.107.0: var(unbiased: false) of a whole tensor divides by n - 1 all the same; std(unbiased: false), and var with a dimension, divide by n.
#
# Of the eight numbers 1 to 8 the population variance is 5.25. x.var(unbiased: false) and torch.var(x, unbiased: false) give 6, as x.var() does. The square of x.std(unbiased: false)
# is 5.25, and so is x.var(new long[] { 0 }, unbiased: false).
# Surprising because the argument is named, accepted and documented, and because var is then not the square of std.
# Who meets it: whoever normalises data or tests against NumPy, whose default is the population's. With few values the difference is large: of two numbers a factor of 2.
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

var x = torch.arange(1, 9).to(float64);
double whole = x.var(unbiased: false).item<double>(), function = torch.var(x, unbiased: false).item<double>();
double std = x.std(unbiased: false).item<double>(), pair = torch.std_mean(x, unbiased: false).std.item<double>();
double dimension = x.var(new long[] { 0 }, unbiased: false).item<double>();
Console.WriteLine("unbiased: false of 1..8, whose population variance is 5.25");
Console.WriteLine($"x.var: {whole}, torch.var: {function}, x.std squared: {std * std:F2}, torch.std_mean squared: {pair * pair:F2}; x.var over dimension 0: {dimension}");
return whole == 6 && function == 6 && Math.Abs(std * std - 5.25) < 1e-9 && Math.Abs(pair * pair - 5.25) < 1e-9 && dimension == 5.25 ? 0 : 1;
END
dotnet run app.cs

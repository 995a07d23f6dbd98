#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): the data sets divide bytes by 256, convert_image_dtype divides by 255.
#
# A white pixel of MNIST or CIFAR-100 is 0.99609375 as the data set returns it, and 1 if the same byte goes through convert_image_dtype or, in Python, through ToTensor.
# Surprising because 1 is the usual white of a float picture, in this library's own functions too (invert, autocontrast and the limits of every colour change), and because the difference is too small to be seen.
# Who meets it: whoever trains on the data set and classifies pictures read from files, or compares with a model trained in Python; whoever states the size of a perturbation in 255ths: pixels are 0.4 % off, and a step of 1/255 does
# not lead from one possible pixel to the next.
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
#:package TorchVision@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
#:property CreateHardLinksForCopyLocalIfPossible=true
using TorchSharp;
using static TorchSharp.torch;

// MNIST's files with one white digit, and CIFAR-100's with one white picture.
string mnist = Directory.CreateDirectory("data/mnist/test_data").FullName, cifar = Directory.CreateDirectory("data/CIFAR100/cifar-100-binary").FullName;
File.WriteAllBytes(Path.Combine(mnist, "t10k-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28, .. Enumerable.Repeat((byte)255, 784)]);
File.WriteAllBytes(Path.Combine(mnist, "t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 7]);
File.WriteAllBytes(Path.Combine(cifar, "test.bin"), [3, 42, .. Enumerable.Repeat((byte)255, 3072)]);
float White(torch.utils.data.Dataset set) => set.GetTensor(0)["data"].max().item<float>();
float digit = White(torchvision.datasets.MNIST("data", false)), picture = White(torchvision.datasets.CIFAR100("data", false));
float converted = torchvision.transforms.functional.convert_image_dtype(torch.tensor(new byte[] { 255 }), float32).item<float>();
Console.WriteLine($"a white byte: MNIST {digit}, CIFAR-100 {picture}, convert_image_dtype {converted}");
return digit == 255 / 256f && picture == 255 / 256f && converted == 1 ? 0 : 1;
END
dotnet run app.cs

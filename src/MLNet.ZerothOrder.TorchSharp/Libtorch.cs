using System.Runtime.InteropServices;
using TorchSharp;

namespace MLNet.ZerothOrder.Training;

/// <summary>TorchSharp's native library.</summary>
public static class Libtorch
{
    private static readonly Lazy<bool> ConvolvesRight = new(() => Convolves() || (TurnOffOneDnn() && Convolves()));

    /// <summary>
    /// Loads the library at the first call. A program can thus report in one sentence that the library does not run on this system. TorchSharp
    /// itself would throw from a static constructor. On a processor where oneDNN, which computes libtorch's convolutions, gives wrong results, it is turned off for the whole
    /// process; TorchSharp has no setting for that.
    /// </summary>
    /// <exception cref="InputException">The library cannot be loaded, or computes convolutions wrongly. The message says so in one sentence.</exception>
    public static void Load()
    {
        LoadNative();
        if (!ConvolvesRight.Value)
        {
            throw new InputException("TorchSharp's native library computes wrong convolutions on this processor; set the environment variable ONEDNN_MAX_CPU_ISA=SSE41, and start again.");
        }
    }

    // oneDNN 3.7.1 in libtorch 2.10 was seen to compute all images but the first wrongly, on an AMD EPYC of family 26, if the number of channels is above 16 and no multiple of 16. So these are compared with
    // float64, which oneDNN does not compute.
    private static bool Convolves()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        torch.Tensor images = torch.arange(5 * 20 * 12 * 12).sin().view(5, 20, 12, 12), weights = torch.arange(32 * 20 * 3 * 3).cos().view(32, 20, 3, 3);
        torch.Tensor single = torch.nn.functional.conv2d(images, weights).to(torch.ScalarType.Float64);
        torch.Tensor expected = torch.nn.functional.conv2d(images.to(torch.ScalarType.Float64), weights.to(torch.ScalarType.Float64));

        // A wrong number may be NaN, which is not below anything.
        return single.sub(expected).abs().max().item<double>() < 1e-3;
    }

    // What torch.backends.mkldnn.enabled = False does in Python: at::globalContext().setUserEnabledMkldnn(false). The names are those of compilers for Linux and macOS.
    private static unsafe bool TurnOffOneDnn()
    {
        if (!NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out nint library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint context)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledMkldnnEb", out nint enable))
        {
            return false;
        }

        ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);
        return true;
    }

    private static void LoadNative()
    {
        try
        {
            // Without this check, TorchSharp would copy 500 MB and write to the console before it fails.
            if (OperatingSystem.IsLinux())
            {
                NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (DllNotFoundException e) when (Wanted(e.Message) is { } version)
        {
            throw new InputException(
                $"TorchSharp's native library needs {version}, which the C++ library of this system does not have; use a newer system, such as Debian 13 or Ubuntu 24.04.", e);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException)
        {
            throw new InputException(
                $"TorchSharp's native library cannot be loaded on this {RuntimeInformation.RuntimeIdentifier} machine; build with the package TorchSharp-cpu, which contains it, or use the managed backend.", e);
        }
    }

    // Extracts the version from "…: version `GLIBCXX_3.4.32' not found (required by …)".
    private static string? Wanted(string message)
    {
        int end = message.IndexOf("' not found (required by", StringComparison.Ordinal);
        int start = end < 0 ? -1 : message.LastIndexOf('`', end);
        return start < 0 ? null : message[(start + 1)..end];
    }
}

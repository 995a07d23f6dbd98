using System.Runtime.InteropServices;
using TorchSharp;

namespace MLNet.ZerothOrder.Training;

/// <summary>TorchSharp's native library.</summary>
public static class Libtorch
{
    /// <summary>
    /// Loads the library at the first call. A program can thus report in one sentence that the library does not run on this system. TorchSharp
    /// itself would throw from a static constructor.
    /// </summary>
    /// <exception cref="InputException">The library cannot be loaded. The message says why in one sentence.</exception>
    public static void Load()
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

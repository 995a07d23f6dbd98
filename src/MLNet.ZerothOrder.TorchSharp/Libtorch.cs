using System.Runtime.InteropServices;
using TorchSharp;

namespace MLNet.ZerothOrder.Training;

/// <summary>TorchSharp's native library.</summary>
public static class Libtorch
{
    /// <summary>
    /// Loads it at the first call. A program that goes on without it learns here, in one sentence, that it does not run on this system; TorchSharp
    /// itself would throw from a static constructor.
    /// </summary>
    /// <exception cref="InputException">It cannot be loaded here; the message says why in one sentence.</exception>
    public static void Load()
    {
        try
        {
            // What TorchSharp does where this fails: copies 500 MB about, and tells of it on the console.
            if (OperatingSystem.IsLinux())
            {
                NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (DllNotFoundException e) when (Wanted(e.Message) is { } version)
        {
            throw new InputException(
                $"TorchSharp's native library needs {version}, which this system's C++ library lacks; take a newer system, such as Debian 13 or Ubuntu 24.04, or the managed backend.", e);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException)
        {
            throw new InputException(
                $"TorchSharp's native library cannot be loaded on this {RuntimeInformation.RuntimeIdentifier} machine; build with the package TorchSharp-cpu (what is published without it lacks it), or take the managed backend.", e);
        }
    }

    // Out of "…: version `GLIBCXX_3.4.32' not found (required by …)".
    private static string? Wanted(string message)
    {
        int end = message.IndexOf("' not found (required by", StringComparison.Ordinal);
        int start = end < 0 ? -1 : message.LastIndexOf('`', end);
        return start < 0 ? null : message[(start + 1)..end];
    }
}

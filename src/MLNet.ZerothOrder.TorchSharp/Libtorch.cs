using System.Runtime.InteropServices;
using TorchSharp;

namespace MLNet.ZerothOrder.Training;

/// <summary>TorchSharp's native library.</summary>
internal static class Libtorch
{
    /// <summary>Loads it at the first call.</summary>
    /// <exception cref="InputException">It cannot be loaded here; the message says why in one sentence.</exception>
    public static void Load()
    {
        try
        {
            // TorchSharp takes a system that is too old for a package that is missing, and copies 500 MB before it says so.
            if (OperatingSystem.IsLinux())
            {
                NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            }
        }
        catch (DllNotFoundException e) when (Wanted(e.Message) is { } version)
        {
            throw new InputException(
                $"TorchSharp's native library needs {version}, which this system's C++ library lacks; it takes a newer system, such as Debian 13 or Ubuntu 24.04, or the managed backend.", e);
        }
        catch (DllNotFoundException)
        {
            // TorchSharp itself looks in more places.
        }

        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException)
        {
            string reason = (e.InnerException ?? e).Message.Split('\n')[0].Trim().TrimEnd('.');
            throw new InputException($"TorchSharp's native library cannot be loaded on this {RuntimeInformation.RuntimeIdentifier} machine ({reason}); reference TorchSharp-cpu, or use the managed backend.", e);
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

using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>ONNX Runtime's process-wide environment, without logging and telemetry. All code here opens it before it uses ONNX Runtime.</summary>
internal static partial class OnnxEnvironment
{
    private const string NoTelemetry = "ORT_DISABLE_TELEMETRY";
    private const string Packages = "Microsoft.ML.OnnxRuntime (CPU), Microsoft.ML.OnnxRuntime.Gpu.Linux or Microsoft.ML.OnnxRuntime.Gpu.Windows (CPU and CUDA)";

    /// <summary>Creates the environment at the first call. An environment that the host program created before is kept.</summary>
    /// <exception cref="InputException">ONNX Runtime's native library is missing or cannot be loaded; the message names the packages that contain it.</exception>
    public static OrtEnv Open()
    {
        try
        {
            if (!OrtEnv.IsCreated)
            {
                DisableTelemetry();

                // Every failure is also an exception, so nothing is lost by keeping the log off the terminal.
                var options = new EnvironmentCreationOptions { logId = "zo", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
                try
                {
                    OrtEnv.CreateInstanceWithOptions(ref options);
                }
                catch (OnnxRuntimeException) when (OrtEnv.IsCreated)
                {
                    // Another thread created the environment first.
                }
            }

            var environment = OrtEnv.Instance();
            environment.DisableTelemetryEvents();
            return environment;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new InputException(
                $"ONNX Runtime's native library cannot be loaded on this {RuntimeInformation.RuntimeIdentifier} machine ({Reason((e.InnerException ?? e).Message)}); "
                + $"add one of its packages to the program: {Packages}.",
                e);
        }
    }

    // The message has one line per searched place. A file that was found and refused is more informative than places without one.
    private static string Reason(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return OnnxErrors.OneLine(lines.Skip(1).FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal)) ?? lines[0].Split(". ")[0]);
    }

    // On Linux and macOS, ONNX Runtime 1.29 starts an uploader with the environment unless a variable of the C library is set.
    // .NET's SetEnvironmentVariable does not set that variable.
    private static void DisableTelemetry()
    {
        Environment.SetEnvironmentVariable(NoTelemetry, "1");
        if (!OperatingSystem.IsWindows())
        {
            SetNativeVariable(NoTelemetry, "1", overwrite: 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}

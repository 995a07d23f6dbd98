using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>A loaded model on a device. Owns its native handles.</summary>
internal sealed class OnnxSession : IDisposable
{
    private OnnxSession(InferenceSession native, OnnxDevice placed, string device)
    {
        Native = native;
        Placed = placed;
        Device = device;
    }

    /// <summary>The session. Concurrent calls run on the threads of their callers.</summary>
    public InferenceSession Native { get; }

    /// <summary>The options of every call.</summary>
    public RunOptions RunOptions { get; } = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    public bool OnCuda => Placed.Kind == DeviceKind.Cuda;

    /// <summary>The CPU, or the CUDA device.</summary>
    public OnnxDevice Placed { get; }

    /// <summary>The device, and for <c>auto</c> the reason.</summary>
    public string Device { get; }

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="file">The model.</param>
    /// <param name="device">The device.</param>
    /// <param name="composed">A graph composed around the file, to load instead of it; its weights may be beside the file. Null to load the file.</param>
    /// <exception cref="InputException">ONNX Runtime rejects the model, or the requested CUDA device is not available.</exception>
    public static OnnxSession Open(OnnxFile file, OnnxDevice device, byte[]? composed = null)
    {
        var environment = OnnxEnvironment.Open();
        if (device.Kind == DeviceKind.Cpu)
        {
            return new OnnxSession(OpenOnCpu(file, composed), new OnnxDevice(DeviceKind.Cpu), "cpu");
        }

        string? obstacle = CudaObstacle(environment);
        if (obstacle is null)
        {
            try
            {
                return new OnnxSession(OpenOnCuda(file, composed, device.Index), new OnnxDevice(DeviceKind.Cuda, device.Index), $"cuda:{device.Index.ToString(CultureInfo.InvariantCulture)}");
            }
            catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                obstacle = e is OnnxRuntimeException runtime ? $"ONNX Runtime says: {OnnxErrors.Reason(runtime)}" : OnnxErrors.OneLine(e.Message);
            }
        }

        // If the CPU rejects the model too, the model itself is at fault, and that message is the useful one.
        var session = OpenOnCpu(file, composed);
        if (device.Kind == DeviceKind.Auto)
        {
            return new OnnxSession(session, new OnnxDevice(DeviceKind.Cpu), $"cpu (auto: {obstacle})");
        }

        session.Dispose();
        throw new InputException(
            $"CUDA device {device.Index.ToString(CultureInfo.InvariantCulture)} was asked for, but {obstacle}; use device cpu or auto, or install what is missing.");
    }

    public void Dispose()
    {
        RunOptions.Dispose();
        Native.Dispose();
    }

    // Both checks are fast. Loading the provider takes seconds.
    private static string? CudaObstacle(OrtEnv environment)
    {
        if (!environment.GetAvailableProviders().Contains("CUDAExecutionProvider"))
        {
            return $"this build of ONNX Runtime {environment.GetVersionString()} has no CUDA provider";
        }

        string driver = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(driver, out nint handle))
        {
            return $"there is no NVIDIA driver ({driver}) on this machine";
        }

        NativeLibrary.Free(handle);
        return null;
    }

    private static InferenceSession OpenOnCpu(OnnxFile file, byte[]? composed)
    {
        using var options = Options();
        try
        {
            return Load(file, composed, options);
        }
        catch (OnnxRuntimeException e)
        {
            string reason = OnnxErrors.Reason(e);
            throw new InputException(
                e.Message.Contains("opset", StringComparison.OrdinalIgnoreCase)
                    ? $"Model '{file.Path}' uses ONNX opset {file.Opset}, which this ONNX Runtime does not support; export it with an older opset, such as 17."
                : e.Message.Contains("IR version", StringComparison.OrdinalIgnoreCase)
                    ? $"Model '{file.Path}' has version {file.IrVersion} of the ONNX format, which is newer than this ONNX Runtime; export it with an older onnx package."
                    : $"ONNX Runtime cannot load model '{file.Path}': {reason}; check it with the onnx package, or export it again.",
                e);
        }
    }

    private static InferenceSession OpenOnCuda(OnnxFile file, byte[]? composed, int device)
    {
        using var options = Options();
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = device.ToString(CultureInfo.InvariantCulture),

            // TF32 keeps 10 bits, which is too few for finite differences. The exhaustive search chooses kernels by timing, so runs would differ.
            ["use_tf32"] = "0",
            ["cudnn_conv_algo_search"] = "HEURISTIC",
        });
        options.AppendExecutionProvider_CUDA(cuda);
        return Load(file, composed, options);
    }

    private static InferenceSession Load(OnnxFile file, byte[]? composed, SessionOptions options)
    {
        if (composed is null)
        {
            return new InferenceSession(file.Path, options);
        }

        if (file.HasWeightFiles)
        {
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(Path.GetFullPath(file.Path)));
        }

        return new InferenceSession(composed, options);
    }

    // One thread per call, and as many concurrent calls as processors. On 2 cores this is 1.5 times as fast at 21 to 42 rows as
    // one call on all threads, and it needs no spinning.
    public static SessionOptions Options()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        return options;
    }
}

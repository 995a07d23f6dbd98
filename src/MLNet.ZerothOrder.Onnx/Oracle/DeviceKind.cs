namespace MLNet.ZerothOrder;

/// <summary>What a model runs on.</summary>
public enum DeviceKind
{
    /// <summary>CUDA where it works, else the CPU.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>An NVIDIA device through ONNX Runtime's CUDA provider.</summary>
    Cuda,
}

namespace MLNet.ZerothOrder;

/// <summary>A kind of device.</summary>
public enum DeviceKind
{
    /// <summary>CUDA if it works, else the CPU.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>An NVIDIA device through ONNX Runtime's CUDA provider.</summary>
    Cuda,
}

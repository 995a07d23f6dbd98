namespace MLNet.ZerothOrder;

/// <summary>What computes the steps of a learned optimizer.</summary>
public enum StepKind
{
    /// <summary><see cref="ManagedStep"/>.</summary>
    Managed,

    /// <summary><see cref="OnnxStep"/>.</summary>
    Onnx,
}

namespace MLNet.ZerothOrder;

/// <summary>The implementation of a learned optimizer's steps.</summary>
public enum StepKind
{
    /// <summary><see cref="ManagedStep"/>.</summary>
    Managed,

    /// <summary><see cref="OnnxStep"/>.</summary>
    Onnx,
}

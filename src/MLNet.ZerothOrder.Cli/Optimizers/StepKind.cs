namespace MLNet.ZerothOrder.Cli;

/// <summary>What computes the steps of a learned optimizer.</summary>
internal enum StepKind
{
    /// <summary><see cref="ManagedStep"/>.</summary>
    Managed,

    /// <summary><see cref="OnnxStep"/>.</summary>
    Onnx,
}

namespace MLNet.ZerothOrder;

/// <summary>Whether a step is one call of a graph composed around the model (<see cref="OnnxClassifierOracle.ComposeSteps"/>).</summary>
public enum ComposedSteps
{
    /// <summary>On CUDA, if the model and the optimizer allow it and nothing decorates the oracle.</summary>
    Auto,

    /// <summary>Always. It is an error if the run does not allow it.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

namespace MLNet.ZerothOrder;

/// <summary>Whether a step is one call of a graph that is composed around the model; see <see cref="OnnxClassifierOracle.ComposeSteps"/>.</summary>
public enum ComposedSteps
{
    /// <summary>On CUDA, where the model and the optimizer allow it and nothing decorates the oracle.</summary>
    Auto,

    /// <summary>Always; what does not allow it is an error.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

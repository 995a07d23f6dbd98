namespace MLNet.ZerothOrder;

/// <summary>What a learned model's networks are for.</summary>
public enum LearnedKind
{
    /// <summary>UpdateRNN and, where there is one, QueryRNN: <see cref="LearnedOptimizer"/>.</summary>
    Paper,

    /// <summary>
    /// UpdateRNN that also sees θ, the estimate's current size and the time, with gated outputs (<see cref="GatedStep"/>), and, where there is
    /// one, QueryRNN: <see cref="LearnedOptimizer"/>.
    /// </summary>
    Gated,

    /// <summary>One network that steers a proximal step: <see cref="LearnedProximalOptimizer"/>.</summary>
    Proximal,
}

namespace MLNet.ZerothOrder;

/// <summary>The architecture of a learned model.</summary>
public enum LearnedKind
{
    /// <summary>The paper's: UpdateRNN and optionally QueryRNN. Run by <see cref="LearnedOptimizer"/>.</summary>
    Paper,

    /// <summary>
    /// UpdateRNN with θ, the current size of the estimate and the time as further inputs and with gated outputs (<see cref="GatedStep"/>), and
    /// optionally QueryRNN. Run by <see cref="LearnedOptimizer"/>.
    /// </summary>
    Gated,

    /// <summary>One network that controls a proximal step. Run by <see cref="LearnedProximalOptimizer"/>.</summary>
    Proximal,
}

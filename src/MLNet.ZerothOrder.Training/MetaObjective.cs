namespace MLNet.ZerothOrder.Training;

/// <summary>The weights of a trajectory's losses in what training minimises.</summary>
public enum MetaObjective
{
    /// <summary>Σ ω_t f(θ_t) with ω_t = t, the paper's (Eq. 4): the final loss counts most, and so do problems of large losses.</summary>
    Linear,

    /// <summary>Σ (½ + t/T) log(f(θ_t) + ε f(θ_0)): every stage and every problem counts alike, and the loss's scale does not matter.</summary>
    Logarithmic,

    /// <summary>Σ f(θ_t) / f(θ_0): the mean loss over iterations, every problem in its own unit.</summary>
    Mean,
}

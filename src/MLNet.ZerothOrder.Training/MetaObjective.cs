namespace MLNet.ZerothOrder.Training;

/// <summary>The weights of a trajectory's losses in the objective of a training.</summary>
public enum MetaObjective
{
    /// <summary>Σ ω_t f(θ_t) with ω_t = t, the paper's (Eq. 4). The final loss counts most, and problems with large losses count more.</summary>
    Linear,

    /// <summary>Σ (½ + t/T) log(f(θ_t) + ε f(θ_0)). All stages and all problems count alike, whatever the scale of their losses.</summary>
    Logarithmic,

    /// <summary>Σ f(θ_t) / f(θ_0): the mean loss over iterations, relative to each problem's first loss.</summary>
    Mean,
}

namespace MLNet.ZerothOrder.Lab;

/// <summary>One image's attack, observed step by step.</summary>
/// <param name="Problem">The attack itself.</param>
internal sealed record Recording(Problem Problem)
{
    /// <summary>θ after each step.</summary>
    public List<float[]> Thetas { get; } = [];

    /// <summary>Each step's gradient estimate.</summary>
    public List<float[]> Estimates { get; } = [];

    /// <summary>The deviation that QueryRNN gives for the next step; empty where the optimizer has none.</summary>
    public List<float[]> Deviations { get; } = [];
}

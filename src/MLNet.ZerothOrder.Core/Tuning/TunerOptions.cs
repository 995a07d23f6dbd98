namespace MLNet.ZerothOrder;

/// <summary>Options of <see cref="BlackBoxTuner"/>. The defaults suit a rugged, piecewise constant loss, such as a metric of a model.</summary>
public sealed record TunerOptions
{
    /// <summary>The most evaluations of the loss; null for no limit.</summary>
    public long? Budget
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Budget), value, "at least 1 evaluation, or null for no limit");
    } = 200;

    /// <summary>The seed of all random draws: the same seed and losses give the same points.</summary>
    public long Seed { get; init; }

    /// <summary>The first point to evaluate, d numbers inside the bounds; null for the center of the box.</summary>
    public IReadOnlyList<float>? Start { get; init; }

    /// <summary>The optimizer; null for <see cref="DirectSearch"/>. Its own μ is ignored, because it belongs to the problem that it was tuned on.</summary>
    public IZerothOrderOptimizer? Optimizer { get; init; }

    /// <summary>
    /// μ, relative to the edges of the box. A piecewise constant loss shows no difference at a very small μ. For a smooth loss, a smaller μ
    /// gives a more accurate estimate.
    /// </summary>
    public double Smoothing
    {
        get;
        init => field = OptimizerSettings.IsPositive(value) ? value : throw Bad(nameof(Smoothing), value, "a positive number");
    } = 0.05;

    /// <summary>
    /// The number of evaluations before the first step of the optimizer: the start and a Latin hypercube sample of the box. The optimizer
    /// starts at the best of these points. 1 evaluates the start alone; null is an eighth of the budget, limited to 6..16.
    /// </summary>
    public int? Exploration
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Exploration), value, "at least 1 evaluation, which is the start");
    }

    /// <summary>The number of evaluations without improvement after which tuning ends; null for no limit.</summary>
    public int? Patience
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Patience), value, "at least 1 evaluation");
    }

    /// <summary>The loss at which tuning ends successfully; null for none.</summary>
    public double? Goal { get; init; }

    /// <summary>
    /// Whether the loss of one point differs between evaluations. If true, a repeated point is evaluated again;
    /// otherwise its loss is remembered.
    /// </summary>
    public bool IsRandom { get; init; }

    private static ArgumentOutOfRangeException Bad(string name, object? value, string right) => new(name, value, $"{name} must be {right}.");
}

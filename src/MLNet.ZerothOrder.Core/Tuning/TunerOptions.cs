namespace MLNet.ZerothOrder;

/// <summary>How <see cref="BlackBoxTuner"/> tunes. The defaults are for a rugged, piecewise constant loss, such as a metric of a model.</summary>
public sealed record TunerOptions
{
    /// <summary>The most evaluations of the loss; null means no limit.</summary>
    public long? Budget
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Budget), value, "at least 1 evaluation, or null for no limit");
    } = 200;

    /// <summary>Names all random draws: the same seed and losses give the same points.</summary>
    public long Seed { get; init; }

    /// <summary>The first point to evaluate, d numbers inside the bounds; null is the box's centre.</summary>
    public IReadOnlyList<float>? Start { get; init; }

    /// <summary>What minimises; null is <see cref="DirectSearch"/>. Its own μ belongs to what it was tuned on and is not used.</summary>
    public IZerothOrderOptimizer? Optimizer { get; init; }

    /// <summary>
    /// μ, as a share of the box's edges. A loss that is piecewise constant shows no difference at a tiny one; a smooth loss is
    /// followed the closer the smaller it is.
    /// </summary>
    public double Smoothing
    {
        get;
        init => field = OptimizerSettings.IsPositive(value) ? value : throw Bad(nameof(Smoothing), value, "a positive number");
    } = 0.05;

    /// <summary>
    /// The evaluations before the optimizer's first step: the start and a Latin hypercube sample of the box, whose best point the
    /// optimizer starts from. 1 is the start alone; null is an eighth of the budget, but 6 to 16.
    /// </summary>
    public int? Exploration
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Exploration), value, "at least 1 evaluation, that of the start");
    }

    /// <summary>Evaluations without a better loss after which tuning ends; null means never.</summary>
    public int? Patience
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Patience), value, "at least 1 evaluation");
    }

    /// <summary>The loss that is good enough to end at; null means none.</summary>
    public double? Goal { get; init; }

    /// <summary>
    /// Whether the loss at one point differs from evaluation to evaluation. Then a point that comes up again is evaluated again;
    /// otherwise what it gave is remembered.
    /// </summary>
    public bool IsRandom { get; init; }

    private static ArgumentOutOfRangeException Bad(string name, object? value, string right) => new(name, value, $"{name} is {right}.");
}

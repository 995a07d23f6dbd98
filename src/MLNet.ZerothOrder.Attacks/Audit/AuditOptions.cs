namespace MLNet.ZerothOrder;

/// <summary>The question of an audit: how many images stay right in balls of these radii, within this budget of queries?</summary>
public sealed record AuditOptions
{
    /// <summary>The norm of the balls (default: ℓ∞).</summary>
    public DistortionNorm Norm { get; init; } = DistortionNorm.LInfinity;

    /// <summary>The radii ε of the balls. They are audited from the smallest to the largest.</summary>
    public required IReadOnlyList<double> Epsilons
    {
        get;
        init => field = value is { Count: > 0 }
            ? [.. value.Select(epsilon => new AttackLoss { Epsilon = epsilon }.Epsilon!.Value).Distinct().Order()]
            : throw new ArgumentException("An audit needs at least one radius ε.", nameof(Epsilons));
    }

    /// <summary>The most queries per image and ball, over all methods (default: 5,000).</summary>
    public long Budget
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Budget), value, "A query budget must be at least 1.");
    } = 5000;

    /// <summary>How many queries of the budget a query takes that the classifier does not answer with the true class; null for 1, without counting them apart (<see cref="RunLimits.FlaggedCost"/>).</summary>
    public double? FlaggedCost
    {
        get;
        init => field = new RunLimits { FlaggedCost = value }.FlaggedCost;
    }

    /// <summary>Whether the classifier tells only its predicted class (default: false).</summary>
    public bool LabelsOnly { get; init; }

    /// <summary>The least robust accuracy in the largest ball for a pass; null for no verdict.</summary>
    public double? Require
    {
        get;
        init => field = value is null or (>= 0 and <= 1)
            ? value : throw new ArgumentOutOfRangeException(nameof(Require), value, "A required robust accuracy is a share from 0 to 1.");
    }

    /// <summary>The number of correctly classified images; null for all. Misclassified ones that come before the last of them are part of the audit.</summary>
    public int? Count { get; init; }

    /// <summary>The shard of the images that is audited; null for all (default).</summary>
    public Shard? Shard { get; init; }

    /// <summary>A prior, from which the first method in each ball starts; null for none. The caller disposes it.</summary>
    public IDirectionPrior? Prior { get; init; }

    /// <summary>The seed of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The kind of the classifier's scores; null to detect it on the clean images.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The most rows per oracle call; null for the number that the oracle prefers. Results do not depend on it.</summary>
    public int? BatchRows { get; init; }

    /// <summary>
    /// The methods in the order in which they run, each only on images that the earlier ones left standing: first the one that fells most images with few queries, then methods
    /// that fail in other ways.
    /// </summary>
    public IReadOnlyList<AuditMethod> Methods => (LabelsOnly, Norm) switch
    {
        (true, DistortionNorm.LInfinity) => [new("rays", 0.6), new("hopskipjump", 0.4)],
        (true, DistortionNorm.L2) => [new("surfree", 0.6), new("hopskipjump", 0.4)],
        (true, _) => [],
        (false, DistortionNorm.LInfinity) => [new("signhunter", 0.2), new("square", 0.6), new("zo-lstm-plus", 0.2)],
        (false, DistortionNorm.L2) => [new("memory-square", 0.6), new("simba-dct", 0.2), new("zo-lstm-plus", 0.2)],
        (false, _) => [new("zo-lstm-plus", 0.6), new("zo-prox", 0.4)],
    };
}

/// <summary>A method of an audit.</summary>
/// <param name="Name">The method, as for <see cref="NamedOptimizer.Create"/>.</param>
/// <param name="Share">Its share of an image's budget.</param>
public sealed record AuditMethod(string Name, double Share);

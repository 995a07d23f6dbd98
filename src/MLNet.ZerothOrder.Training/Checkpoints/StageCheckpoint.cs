namespace MLNet.ZerothOrder.Training;

/// <summary>What a training of one stage or two needs to go on bit for bit.</summary>
public sealed record StageCheckpoint
{
    /// <summary>The stage under way: update, query, guided or proximal.</summary>
    public required string Stage { get; init; }

    /// <summary>The weights of the finished UpdateRNN, in the stage after it; null before.</summary>
    public float[]? Update { get; init; }

    /// <summary>Training queries of finished stages.</summary>
    public long Queries { get; init; }

    /// <summary>Validation queries of finished stages.</summary>
    public long ValidationQueries { get; init; }

    /// <summary>Supplied gradients of finished stages.</summary>
    public long SuppliedGradients { get; init; }

    /// <summary>All validations so far, of finished stages too.</summary>
    public IReadOnlyList<StageProgress> Validations { get; init; } = [];

    /// <summary>The stage's own.</summary>
    public required TrainingCheckpoint Trainer { get; init; }
}

namespace MLNet.ZerothOrder.Training;

/// <summary>The state that a training needs to resume bit for bit.</summary>
public sealed record TrainingCheckpoint
{
    /// <summary>The problems trained on.</summary>
    public required int ProblemsDone { get; init; }

    /// <summary>The current weights.</summary>
    public required float[] Weights { get; init; }

    /// <summary>The weights with the lowest validation loss.</summary>
    public required float[] BestWeights { get; init; }

    /// <summary>The lowest validation loss.</summary>
    public required double BestLoss { get; init; }

    /// <summary>Adam's first moments, then its second.</summary>
    public required double[] Moments { get; init; }

    /// <summary>The number of Adam's steps.</summary>
    public required int AdamSteps { get; init; }

    /// <summary>Queries of training.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries of validation.</summary>
    public required long ValidationQueries { get; init; }

    /// <summary>The number of supplied gradients.</summary>
    public required long SuppliedGradients { get; init; }

    /// <summary>Updates skipped because their gradient was not finite.</summary>
    public required int SkippedSteps { get; init; }
}

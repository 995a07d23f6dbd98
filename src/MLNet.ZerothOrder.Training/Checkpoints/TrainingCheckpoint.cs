namespace MLNet.ZerothOrder.Training;

/// <summary>What a training needs to go on bit for bit.</summary>
public sealed record TrainingCheckpoint
{
    /// <summary>Problems trained on.</summary>
    public required int ProblemsDone { get; init; }

    /// <summary>The weights as they are.</summary>
    public required float[] Weights { get; init; }

    /// <summary>The weights of the lowest validation loss.</summary>
    public required float[] BestWeights { get; init; }

    /// <summary>The lowest validation loss.</summary>
    public required double BestLoss { get; init; }

    /// <summary>Adam's first moments, then its second.</summary>
    public required double[] Moments { get; init; }

    /// <summary>Adam's steps.</summary>
    public required int AdamSteps { get; init; }

    /// <summary>Queries of training.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries of validation.</summary>
    public required long ValidationQueries { get; init; }

    /// <summary>How often a supplied gradient was asked for.</summary>
    public required long SuppliedGradients { get; init; }

    /// <summary>Changes left out because their gradient was not finite.</summary>
    public required int SkippedSteps { get; init; }
}

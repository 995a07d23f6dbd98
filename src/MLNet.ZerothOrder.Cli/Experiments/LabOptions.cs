namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>How an experiment is run.</summary>
internal sealed record LabOptions
{
    /// <summary>Fewer images and trials.</summary>
    public required bool Quick { get; init; }

    /// <summary>Trials per image; null for the experiment's own number.</summary>
    public int? Trials { get; init; }

    /// <summary>Images; null for the experiment's own number.</summary>
    public int? Images { get; init; }

    /// <summary>Optimizers to draw beside the paper's.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>The folder of data sets; null for the usual places.</summary>
    public string? Data { get; init; }

    public required long Seed { get; init; }
}

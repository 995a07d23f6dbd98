namespace MLNet.ZerothOrder.Lab;

/// <summary>How an experiment is run.</summary>
public sealed record ExperimentOptions
{
    /// <summary>The folder of the results.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder of finished runs, which all experiments share: a run that is there is not made again.</summary>
    public required string Runs { get; init; }

    /// <summary>The folder of the classifiers that ship with zo: <c>mnist-cnn.onnx</c>, <c>cifar10-cnn.onnx</c> and their tuned settings.</summary>
    public required string Models { get; init; }

    /// <summary>Fewer images and trials.</summary>
    public bool Quick { get; init; }

    /// <summary>Trials per image or data set; null for the experiment's own number.</summary>
    public int? Trials { get; init; }

    /// <summary>Images; null for the experiment's own number.</summary>
    public int? Images { get; init; }

    /// <summary>Optimizers to draw beside the paper's.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>The folder of downloaded data sets; null for the usual places.</summary>
    public string? Data { get; init; }

    /// <summary>The root of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The command that repeats the experiment, for its report; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>Told in a sentence each what the user should know although the experiment continues; null for nobody.</summary>
    public Action<string>? Warn { get; init; }
}

using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>How a classifier is loaded; what is null is read from the model or guessed, and <see cref="OnnxClassifierInfo"/> says why.</summary>
public sealed record OnnxOracleOptions
{
    private readonly int? _threads;
    private readonly int? _preferredRows;

    /// <summary>What the model runs on.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>How pixels in [0, 1] become the model's input values; null to guess.</summary>
    public PixelEncoding? Encoding { get; init; }

    /// <summary>The order of the input's values; null to read it off the shape. <see cref="ImageLayout.Nhwc"/> on a flat input says that the row is H × W × C.</summary>
    public ImageLayout? Layout { get; init; }

    /// <summary>What the scores are; null to tell by the numbers.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The images' size, for a model that leaves it open: dynamic height or width, or a flat input.</summary>
    public ImageShape? Image { get; init; }

    /// <summary>The output that holds the scores, for a model with several; null to pick it by type, shape and name.</summary>
    public string? Output { get; init; }

    /// <summary>Concurrent calls on the CPU, each on one thread; null for one per processor. CUDA takes one at a time.</summary>
    public int? Threads
    {
        get => _threads;
        init => _threads = value is null or > 0 ? value : throw new InputException($"Thread count {value} must be 1 or more.");
    }

    /// <summary>Overrides <see cref="IQueryOracle.PreferredRows"/>.</summary>
    public int? PreferredRows
    {
        get => _preferredRows;
        init => _preferredRows = value is null or > 0 ? value : throw new InputException($"Batch of {value} rows must be 1 or more.");
    }

    /// <summary>Where measured batch sizes are kept: without <see cref="PreferredRows"/> the model's is looked up there, or measured; null takes a fixed guess.</summary>
    public BatchSizes? BatchSizes { get; init; }

    /// <summary>Receives warnings, each one sentence, while the model is loaded.</summary>
    public Action<string>? Warn { get; init; }
}

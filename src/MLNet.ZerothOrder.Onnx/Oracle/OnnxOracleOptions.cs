using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Options to load a classifier. Null options are read from the model or guessed; <see cref="OnnxClassifierInfo"/> gives the reasons.</summary>
public sealed record OnnxOracleOptions
{
    private readonly int? _threads;
    private readonly int? _preferredRows;

    /// <summary>The device to run on (default: the CPU).</summary>
    public OnnxDevice Device { get; init; } = OnnxDevice.Cpu;

    /// <summary>How pixels in [0, 1] are mapped to the input values of the model; null to guess.</summary>
    public PixelEncoding? Encoding { get; init; }

    /// <summary>
    /// The encoding that a file beside the model declares, which counts before what the model's own file says; null for none. Unlike <see cref="Encoding"/>, it is a guess: another one is used where
    /// images show that it is clearly better, since an export often has its preprocessing in it.
    /// </summary>
    public PixelEncoding? Declared { get; init; }

    /// <summary>The order of the input values; null to derive it from the shape. For a flat input, <see cref="ImageLayout.Nhwc"/> means a row of H × W × C.</summary>
    public ImageLayout? Layout { get; init; }

    /// <summary>The kind of scores; null to detect it.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The size of the images, for a model that leaves it open: dynamic height or width, or a flat input.</summary>
    public ImageShape? Image { get; init; }

    /// <summary>The output with the scores, for a model with several outputs; null to choose it by type, shape and name.</summary>
    public string? Output { get; init; }

    /// <summary>The number of concurrent calls on the CPU, each on one thread; null for one per processor. CUDA runs one call at a time.</summary>
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

    /// <summary>
    /// The least share of the images, of which up to 64 are tried, that the model must classify correctly; null to accept any model. With another range of pixels, order of
    /// classes or kind of images than the model's, an attack would still give numbers.
    /// </summary>
    public double? MinAccuracy { get; init; }

    /// <summary>The same for a model of <see cref="ManyClasses"/> or more, of which good ones are right less often; null for <see cref="MinAccuracy"/>.</summary>
    public double? MinAccuracyOfMany { get; init; }

    /// <summary>The number of classes that are many: 100.</summary>
    public const int ManyClasses = 100;

    /// <summary>The cache of measured batch sizes, used if <see cref="PreferredRows"/> is null; null for a fixed size.</summary>
    public BatchSizes? BatchSizes { get; init; }

    /// <summary>Receives warnings, each one sentence, while the model is loaded.</summary>
    public Action<string>? Warn { get; init; }
}

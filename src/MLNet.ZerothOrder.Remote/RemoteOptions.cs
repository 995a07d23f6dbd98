namespace MLNet.ZerothOrder;

/// <summary>How a classifier behind a network is asked.</summary>
public sealed record RemoteOptions
{
    /// <summary>The most requests at a time; null to choose by the measured throughput.</summary>
    public int? Concurrency
    {
        get;
        init => field = value is null or (>= 1 and <= 256) ? value : throw new ArgumentOutOfRangeException(nameof(Concurrency), value, "1 to 256 requests can run at a time.");
    }

    /// <summary>The most rows of a request; null for what the server declares, or 64.</summary>
    public int? RequestRows
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(RequestRows), value, "A request must have at least 1 row.");
    }

    /// <summary>How failed requests are sent again (default: up to 8 times, after waits that grow from 0.5 s to 30 s, or as long as the server asks for).</summary>
    public RetryOptions Retry { get; init; } = new() { Retries = 8, MostRetriedQueries = 10_000_000 };

    /// <summary>The time limit of one request (default: 100 s).</summary>
    public TimeSpan Timeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(Timeout), value, "A time limit must be above 0.");
    } = TimeSpan.FromSeconds(100);

    /// <summary>What the queries cost; null if they cost nothing.</summary>
    public CostMeter? Cost { get; init; }

    /// <summary>
    /// Headers of every request: a name, a colon and a value in which <c>env:NAME</c> stands for an environment variable, such as <c>Authorization: Bearer env:TOKEN</c>. A value without a variable
    /// is refused, so that secrets stay out of command lines, results and logs.
    /// </summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>A PEM file with the certificates of authorities to trust instead of the system's; null for the system's.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>How arrays are sent over HTTP with the Open Inference Protocol.</summary>
    public TensorFormat Format { get; init; }

    /// <summary>The file of a JSON request with a placeholder for the image; null for a protocol that the address names.</summary>
    public string? RequestFile { get; init; }

    /// <summary>The path to the scores in the JSON answer, such as <c>$.predictions[*].scores</c>; null for the whole answer.</summary>
    public string? ResponsePath { get; init; }

    /// <summary>The names of the classes, for answers that name them; null if they do not.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>How pixels are encoded; null for 0..1, or 0..255 for bytes.</summary>
    public PixelEncoding? Encoding { get; init; }

    /// <summary>The order of the input's values; null to derive it from the declared shape.</summary>
    public ImageLayout? Layout { get; init; }

    /// <summary>The kind of scores; null to detect it.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The name of the output with the scores; null to choose it.</summary>
    public string? Output { get; init; }

    /// <summary>The least share of up to 64 images that must be classified correctly; null to accept any.</summary>
    public double? MinAccuracy { get; init; }

    /// <summary>As <see cref="MinAccuracy"/>, for a model of 100 classes or more; null for the same.</summary>
    public double? MinAccuracyOfMany { get; init; }

    /// <summary>Told in one sentence when the server has not answered for a while, and why; null to wait silently.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>The clock of waits; null for the system's.</summary>
    public TimeProvider? Time { get; init; }
}

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One optimizer's run over all images and trials.</summary>
public sealed record AttackRun
{
    /// <summary>The optimizer as it was named.</summary>
    public required string Optimizer { get; init; }

    /// <summary>All settings that shaped the run.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>One result per image and trial: images in order, trials within an image.</summary>
    [JsonPropertyName("problems")]
    public required IReadOnlyList<ImageResult> Images { get; init; }

    /// <summary>The figures over all of them.</summary>
    public required AttackStatistics Summary { get; init; }

    /// <summary>The run against others on the same images; null where there is none to compare with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunComparison? Comparison { get; init; }
}

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One optimizer's run over all images and trials.</summary>
public sealed record AttackRun
{
    /// <summary>The optimizer's name as given.</summary>
    public required string Optimizer { get; init; }

    /// <summary>All settings that determined the run.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>One result per image and trial: images in order, with the trials of an image together.</summary>
    [JsonPropertyName("problems")]
    public required IReadOnlyList<ImageResult> Images { get; init; }

    /// <summary>The figures over all images and trials.</summary>
    public required AttackStatistics Summary { get; init; }

    /// <summary>The comparison with other runs on the same images; null if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunComparison? Comparison { get; init; }
}

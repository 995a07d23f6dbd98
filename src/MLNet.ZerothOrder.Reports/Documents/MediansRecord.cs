using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Medians over successes in a result file; each null without any.</summary>
public sealed record MediansRecord
{
    /// <summary>Queries up to and with the first successful iterate's own.</summary>
    public MedianRecord? QueriesToFirstSuccess { get; init; }

    /// <summary>Steps before it.</summary>
    public MedianRecord? IterationsToFirstSuccess { get; init; }

    /// <summary>ℓ1 of the best successful image's change.</summary>
    [JsonPropertyName("l1")]
    public MedianRecord? L1 { get; init; }

    /// <summary>Its ℓ2.</summary>
    [JsonPropertyName("l2")]
    public MedianRecord? L2 { get; init; }

    /// <summary>Its ℓ∞.</summary>
    [JsonPropertyName("linf")]
    public MedianRecord? LInf { get; init; }

    internal bool IsWhole => new[] { QueriesToFirstSuccess, IterationsToFirstSuccess, L1, L2, LInf }.All(m => m?.IsWhole != false);

    internal static MediansRecord From(IReadOnlyList<ImageResult> problems) => new()
    {
        QueriesToFirstSuccess = MedianRecord.Of(problems, p => p.QueriesToFirstSuccess),
        IterationsToFirstSuccess = MedianRecord.Of(problems, p => p.IterationsToFirstSuccess),
        L1 = MedianRecord.Of(problems, p => p.Distortion?.L1),
        L2 = MedianRecord.Of(problems, p => p.Distortion?.L2),
        LInf = MedianRecord.Of(problems, p => p.Distortion?.LInfinity),
    };
}

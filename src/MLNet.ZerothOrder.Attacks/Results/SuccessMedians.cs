using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Medians over successes; each null without any.</summary>
public sealed record SuccessMedians
{
    /// <summary>Queries up to and with the first successful iterate's own.</summary>
    public MedianEstimate? QueriesToFirstSuccess { get; init; }

    /// <summary>Steps before it.</summary>
    public MedianEstimate? IterationsToFirstSuccess { get; init; }

    /// <summary>ℓ1 of the best successful image's change.</summary>
    [JsonPropertyName("l1")]
    public MedianEstimate? L1 { get; init; }

    /// <summary>Its ℓ2.</summary>
    [JsonPropertyName("l2")]
    public MedianEstimate? L2 { get; init; }

    /// <summary>Its ℓ∞.</summary>
    [JsonPropertyName("linf")]
    public MedianEstimate? LInfinity { get; init; }

    /// <summary>The change's median in one norm.</summary>
    public MedianEstimate? Of(DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => L1,
        DistortionNorm.L2 => L2,
        _ => LInfinity,
    };

    internal static SuccessMedians From(IReadOnlyList<ImageResult> images)
    {
        return new SuccessMedians
        {
            QueriesToFirstSuccess = Median(i => i.QueriesToFirstSuccess),
            IterationsToFirstSuccess = Median(i => i.IterationsToFirstSuccess),
            L1 = Median(i => i.Distortion?.L1),
            L2 = Median(i => i.Distortion?.L2),
            LInfinity = Median(i => i.Distortion?.LInfinity),
        };

        MedianEstimate? Median(Func<ImageResult, double?> figure) =>
            Bootstrap.Median(images.GroupBy(i => i.Index).Select(trials => trials.Select(figure).OfType<double>().ToArray()));
    }
}

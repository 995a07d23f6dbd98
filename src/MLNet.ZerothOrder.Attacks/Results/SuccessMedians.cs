using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Medians over successes; null without successes.</summary>
public sealed record SuccessMedians
{
    /// <summary>Queries up to and including that of the first successful iterate.</summary>
    public MedianEstimate? QueriesToFirstSuccess { get; init; }

    /// <summary>Steps before the first successful iterate.</summary>
    public MedianEstimate? IterationsToFirstSuccess { get; init; }

    /// <summary>The ℓ1 distortion of the best successful image.</summary>
    [JsonPropertyName("l1")]
    public MedianEstimate? L1 { get; init; }

    /// <summary>The ℓ2 distortion of the best successful image.</summary>
    [JsonPropertyName("l2")]
    public MedianEstimate? L2 { get; init; }

    /// <summary>The ℓ∞ distortion of the best successful image.</summary>
    [JsonPropertyName("linf")]
    public MedianEstimate? LInfinity { get; init; }

    /// <summary>The median distortion in one norm.</summary>
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

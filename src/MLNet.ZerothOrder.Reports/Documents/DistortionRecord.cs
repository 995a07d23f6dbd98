using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>How far an image is from its original, in a result file.</summary>
/// <param name="L1">Sum of absolute changes.</param>
/// <param name="L2">Euclidean length of the change.</param>
/// <param name="LInf">Largest absolute change.</param>
public sealed record DistortionRecord(
    [property: JsonPropertyName("l1")] double L1, [property: JsonPropertyName("l2")] double L2, [property: JsonPropertyName("linf")] double LInf)
{
    internal static DistortionRecord? From(Distortion? distortion) =>
        distortion is null ? null : new DistortionRecord(distortion.L1, distortion.L2, distortion.LInfinity);
}

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The distance of an image from its original.</summary>
/// <param name="L1">Sum of absolute changes.</param>
/// <param name="L2">Euclidean length of the change.</param>
/// <param name="LInfinity">Largest absolute change.</param>
public sealed record Distortion(
    [property: JsonPropertyName("l1")] double L1, [property: JsonPropertyName("l2")] double L2, [property: JsonPropertyName("linf")] double LInfinity)
{
    /// <summary>The distance in one norm.</summary>
    public double Of(DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => L1,
        DistortionNorm.L2 => L2,
        _ => LInfinity,
    };
}

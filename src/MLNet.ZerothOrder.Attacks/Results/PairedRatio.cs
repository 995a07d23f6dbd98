using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One figure of a run beside a reference run's.</summary>
/// <param name="Mean">The run's mean over the images and trials that both queried.</param>
/// <param name="ReferenceMean">The reference's.</param>
/// <param name="Ratio">Their ratio, NaN where the reference's is not positive.</param>
/// <param name="StandardError">The ratio's standard error, paired by image; NaN for fewer than two images.</param>
public readonly record struct PairedRatio(
    [property: JsonConverter(typeof(FiniteConverter))] double Mean, [property: JsonConverter(typeof(FiniteConverter))] double ReferenceMean,
    [property: JsonConverter(typeof(FiniteConverter))] double Ratio, [property: JsonConverter(typeof(FiniteConverter))] double StandardError);

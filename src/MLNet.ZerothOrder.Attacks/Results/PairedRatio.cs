using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>A figure of a run compared with that of a reference run.</summary>
/// <param name="Mean">The run's mean over the images and trials that both runs queried.</param>
/// <param name="ReferenceMean">The mean of the reference run.</param>
/// <param name="Ratio">The ratio of the two, NaN if the reference's is not positive.</param>
/// <param name="StandardError">The standard error of the ratio, paired by image; NaN for fewer than two images.</param>
public readonly record struct PairedRatio(
    [property: JsonConverter(typeof(FiniteConverter))] double Mean, [property: JsonConverter(typeof(FiniteConverter))] double ReferenceMean,
    [property: JsonConverter(typeof(FiniteConverter))] double Ratio, [property: JsonConverter(typeof(FiniteConverter))] double StandardError);

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>A median and its 95 % interval (<see cref="Bootstrap"/>).</summary>
/// <param name="Value">The median.</param>
/// <param name="Interval95">The interval; null for fewer than two images.</param>
public readonly record struct MedianEstimate([property: JsonPropertyName("median")] double Value, Interval? Interval95);

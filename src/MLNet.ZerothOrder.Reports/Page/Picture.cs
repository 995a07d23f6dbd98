using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Reports;

/// <summary>A picture of a gallery.</summary>
/// <param name="Label">The label, one or two words.</param>
/// <param name="Pixels">The pixels.</param>
public sealed record Picture(string Label, PixelBuffer Pixels);

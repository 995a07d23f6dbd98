using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A picture of a gallery.</summary>
/// <param name="Label">What it shows, in a word or two.</param>
/// <param name="Pixels">The picture itself.</param>
public sealed record Picture(string Label, PixelBuffer Pixels);

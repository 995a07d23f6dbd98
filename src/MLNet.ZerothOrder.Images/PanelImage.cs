namespace MLNet.ZerothOrder.Data;

/// <summary>A composed panel.</summary>
/// <param name="Image">The picture, RGB.</param>
/// <param name="Amplification">The factor of the shown differences; at least 1.</param>
public sealed record PanelImage(PixelBuffer Image, int Amplification);

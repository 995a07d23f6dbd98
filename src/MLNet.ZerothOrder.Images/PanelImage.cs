namespace MLNet.ZerothOrder.Data;

/// <summary>A composed panel.</summary>
/// <param name="Image">The picture, RGB.</param>
/// <param name="Amplification">What the differences were multiplied by before they were coloured; 1 or more.</param>
public sealed record PanelImage(PixelBuffer Image, int Amplification);

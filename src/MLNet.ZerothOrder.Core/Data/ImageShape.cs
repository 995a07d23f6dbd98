namespace MLNet.ZerothOrder.Data;

/// <summary>The size of an image. Pixels are stored channel by channel (C × H × W).</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Floats per image.</summary>
    public int Length => Channels * Height * Width;

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}

namespace MLNet.ZerothOrder.Data;

/// <summary>What the header of a picture file says: the size after turning it as its Exif data say, and the channels that are read.</summary>
internal readonly record struct PictureHeader(int Width, int Height, int Channels, bool IsTurned)
{
    public bool HasSize(int width, int height) => (Width, Height) == (width, height);

    public override string ToString() => $"{new ImageShape(Channels, Height, Width)}";
}

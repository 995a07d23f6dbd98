namespace MLNet.ZerothOrder;

/// <summary>How the rows of a request are written.</summary>
/// <param name="Axes">The shape of the input.</param>
/// <param name="Pixels">Writes the values of a row.</param>
internal sealed record RequestInput(ImageAxes Axes, PixelTensor Pixels)
{
    /// <summary>Writes all rows of a request.</summary>
    public void Write(RowRequest request, Span<byte> bytes)
    {
        int size = Pixels.RowBytes;
        for (int row = 0; row < request.SentRows; row++)
        {
            Pixels.Write(request.Input(row), bytes.Slice(row * size, size));
        }
    }
}

using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Converts a row of pixels in [0, 1], channel by channel, to the input values of a model in its order and number format. Not thread-safe: use one per batch.</summary>
/// <param name="image">The images' size.</param>
/// <param name="layout">The layout of the model.</param>
/// <param name="encoding">The encoding of the model.</param>
internal sealed class RowEncoder(ImageShape image, ImageLayout layout, PixelEncoding encoding)
{
    // All steps of a tile find it in the first-level cache.
    private const int Tile = 1024;

    private readonly bool _keepsValues = encoding.IsIdentity;
    private readonly float[] _interleaved = layout == ImageLayout.Nhwc && image.Channels > 1 ? new float[Math.Max(Tile, image.Channels)] : [];

    /// <summary>Whether rows are unchanged.</summary>
    public bool IsIdentity => _keepsValues && _interleaved.Length == 0;

    /// <summary>Writes the input values of a row.</summary>
    /// <param name="pixels">The row, C × H × W floats.</param>
    /// <param name="target">The model's input.</param>
    /// <param name="offset">The place of the row's first value.</param>
    public void Write(ReadOnlySpan<float> pixels, TensorBuffer target, int offset)
    {
        if (IsIdentity)
        {
            target.Write(offset, pixels);
            return;
        }

        int channels = image.Channels, plane = image.Height * image.Width;
        Span<float> values = stackalloc float[Tile];
        if (_interleaved.Length == 0)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int start = 0; start < plane; start += Tile)
                {
                    Span<float> tile = values[..Math.Min(Tile, plane - start)];
                    Normalise(pixels, c, start, tile);
                    target.Write(offset + (c * plane) + start, tile);
                }
            }

            return;
        }

        int most = Math.Max(1, Tile / channels);
        for (int start = 0; start < plane; start += most)
        {
            Span<float> tile = values[..Math.Min(most, plane - start)];
            for (int c = 0; c < channels; c++)
            {
                Normalise(pixels, c, start, tile);
                for (int i = 0; i < tile.Length; i++)
                {
                    _interleaved[(i * channels) + c] = tile[i];
                }
            }

            target.Write(offset + (start * channels), _interleaved.AsSpan(0, tile.Length * channels));
        }
    }

    private void Normalise(ReadOnlySpan<float> pixels, int channel, int start, Span<float> values)
    {
        ReadOnlySpan<float> from = pixels.Slice((encoding.SourceOf(channel) * image.Height * image.Width) + start, values.Length);
        if (_keepsValues)
        {
            from.CopyTo(values);
        }
        else
        {
            encoding.Encode(channel, from, values);
        }
    }
}

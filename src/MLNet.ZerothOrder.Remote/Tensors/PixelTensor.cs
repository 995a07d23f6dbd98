using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Rows of pixels in [0, 1] as the input of a model: in its encoding, order and number format.</summary>
internal sealed class PixelTensor(ImageShape image, ImageLayout layout, PixelEncoding encoding, TensorType type)
{
    private readonly bool _isInterleaved = layout == ImageLayout.Nhwc && image.Channels > 1;

    /// <summary>The bytes of a row.</summary>
    public int RowBytes => image.Length * type.Size();

    /// <summary>Whether rows are sent unchanged.</summary>
    public bool IsIdentity => encoding.IsIdentity && !_isInterleaved;

    /// <summary>Writes a row in the model's number format.</summary>
    public void Write(ReadOnlySpan<float> pixels, Span<byte> bytes)
    {
        if (IsIdentity)
        {
            Tensors.Write(type, pixels, bytes);
            return;
        }

        float[] values = System.Buffers.ArrayPool<float>.Shared.Rent(image.Length);
        Encode(pixels, values);
        Tensors.Write(type, values.AsSpan(0, image.Length), bytes);
        System.Buffers.ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Writes the input values of a row.</summary>
    public void Encode(ReadOnlySpan<float> pixels, Span<float> values)
    {
        if (IsIdentity)
        {
            pixels.CopyTo(values);
            return;
        }

        int channels = image.Channels, plane = image.Height * image.Width;
        float[]? turned = _isInterleaved ? System.Buffers.ArrayPool<float>.Shared.Rent(plane) : null;
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<float> from = pixels.Slice(encoding.SourceOf(c) * plane, plane);
            Span<float> to = turned is null ? values.Slice(c * plane, plane) : turned.AsSpan(0, plane);
            if (encoding is { Scale: 1 } && encoding.In(ChannelOrder.Rgb).IsIdentity)
            {
                from.CopyTo(to);
            }
            else
            {
                encoding.Encode(c, from, to);
            }

            for (int i = 0; turned is not null && i < plane; i++)
            {
                values[(i * channels) + c] = to[i];
            }
        }

        if (turned is not null)
        {
            System.Buffers.ArrayPool<float>.Shared.Return(turned);
        }
    }
}

using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Turns a row of pixels in [0, 1], channel after channel, into a model's input values in its order. Not thread-safe: one per batch.</summary>
internal sealed class RowEncoder
{
    private readonly ImageShape _image;
    private readonly PixelEncoding _encoding;
    private readonly float[] _normalised;
    private readonly float[] _interleaved;

    /// <param name="image">The images' size.</param>
    /// <param name="layout">The model's order.</param>
    /// <param name="encoding">The model's encoding.</param>
    public RowEncoder(ImageShape image, ImageLayout layout, PixelEncoding encoding)
    {
        _image = image;
        _encoding = encoding;
        _normalised = encoding.IsIdentity ? [] : new float[image.Length];
        _interleaved = layout == ImageLayout.Nhwc && image.Channels > 1 ? new float[image.Length] : [];
    }

    /// <summary>Whether rows stay as they are.</summary>
    public bool IsIdentity => _normalised.Length == 0 && _interleaved.Length == 0;

    /// <summary>The row's input values; valid until the next call.</summary>
    public ReadOnlySpan<float> Encode(ReadOnlySpan<float> pixels)
    {
        var values = pixels;
        if (_normalised.Length > 0)
        {
            Normalise(pixels);
            values = _normalised;
        }

        if (_interleaved.Length > 0)
        {
            int channels = _image.Channels, plane = _image.Height * _image.Width;
            for (int c = 0; c < channels; c++)
            {
                var source = values.Slice(c * plane, plane);
                for (int i = 0; i < source.Length; i++)
                {
                    _interleaved[(i * channels) + c] = source[i];
                }
            }

            values = _interleaved;
        }

        return values;
    }

    // In the very order of the formula, so that a value is the same as what the model's own pipeline makes of that pixel.
    private void Normalise(ReadOnlySpan<float> pixels)
    {
        int plane = _image.Height * _image.Width;
        for (int c = 0; c < _image.Channels; c++)
        {
            float mean = _encoding.Mean[_encoding.Mean.Count == 1 ? 0 : c], std = _encoding.Std[_encoding.Std.Count == 1 ? 0 : c];
            var values = _normalised.AsSpan(c * plane, plane);
            TensorPrimitives.Multiply(pixels.Slice(c * plane, plane), _encoding.Scale, values);
            TensorPrimitives.Subtract(values, mean, values);
            TensorPrimitives.Divide(values, std, values);
        }
    }
}

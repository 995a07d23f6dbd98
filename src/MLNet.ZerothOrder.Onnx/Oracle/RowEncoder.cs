using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Converts a row of pixels in [0, 1], channel by channel, to the input values of a model in its order. Not thread-safe: use one per batch.</summary>
internal sealed class RowEncoder
{
    private readonly ImageShape _image;
    private readonly PixelEncoding _encoding;
    private readonly float[] _normalised;
    private readonly float[] _interleaved;

    /// <param name="image">The images' size.</param>
    /// <param name="layout">The layout of the model.</param>
    /// <param name="encoding">The encoding of the model.</param>
    public RowEncoder(ImageShape image, ImageLayout layout, PixelEncoding encoding)
    {
        _image = image;
        _encoding = encoding;
        _normalised = encoding.IsIdentity ? [] : new float[image.Length];
        _interleaved = layout == ImageLayout.Nhwc && image.Channels > 1 ? new float[image.Length] : [];
    }

    /// <summary>Whether rows are unchanged.</summary>
    public bool IsIdentity => _normalised.Length == 0 && _interleaved.Length == 0;

    /// <summary>The input values of the row; valid until the next call.</summary>
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

    // Follows the order of the formula, so that a value equals that of the model's own preprocessing.
    private void Normalise(ReadOnlySpan<float> pixels)
    {
        int plane = _image.Height * _image.Width;
        for (int c = 0; c < _image.Channels; c++)
        {
            float mean = _encoding.Mean[_encoding.Mean.Count == 1 ? 0 : c], std = _encoding.Std[_encoding.Std.Count == 1 ? 0 : c];
            var values = _normalised.AsSpan(c * plane, plane);
            int source = _encoding.Order == ChannelOrder.Bgr && c < 3 ? 2 - c : c;
            TensorPrimitives.Multiply(pixels.Slice(source * plane, plane), _encoding.Scale, values);
            TensorPrimitives.Subtract(values, mean, values);
            TensorPrimitives.Divide(values, std, values);
        }
    }
}

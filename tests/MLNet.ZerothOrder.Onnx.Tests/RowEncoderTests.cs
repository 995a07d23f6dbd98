using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class RowEncoderTests
{
    [Theory]
    [InlineData(1, 5, 7, ImageLayout.Nhwc, "0..255")]
    [InlineData(3, 40, 31, ImageLayout.Nchw, "imagenet")]
    [InlineData(3, 40, 31, ImageLayout.Nhwc, "imagenet;order=bgr")]
    [InlineData(3, 64, 64, ImageLayout.Nchw, "caffe")]
    [InlineData(3, 33, 31, ImageLayout.Nhwc, "0..1")]
    [InlineData(4, 45, 23, ImageLayout.Nhwc, "scale=2;mean=1;std=3")]
    [InlineData(1500, 2, 3, ImageLayout.Nhwc, "-1..1")]
    public void Each_value_is_that_of_the_formula_at_its_place(int channels, int height, int width, ImageLayout layout, string pixels)
    {
        var image = new ImageShape(channels, height, width);
        PixelEncoding encoding = PixelEncoding.Parse(pixels);
        int plane = height * width;
        float[] row = [.. Enumerable.Range(0, image.Length).Select(i => i * 37 % 256 / 255f)];
        foreach (OnnxElementType type in (OnnxElementType[])[OnnxElementType.Float32, OnnxElementType.Float64, OnnxElementType.Float16])
        {
            var buffer = new TensorBuffer(type, image.Length + 16);

            new RowEncoder(image, layout, encoding).Write(row, buffer, 16);

            float[] written = new float[image.Length];
            buffer.Read(16, written);
            float[] expected = new float[image.Length];
            for (int c = 0; c < channels; c++)
            {
                int source = encoding.Order == ChannelOrder.Bgr && c < 3 ? 2 - c : c;
                float mean = encoding.Mean[encoding.Mean.Count == 1 ? 0 : c], std = encoding.Std[encoding.Std.Count == 1 ? 0 : c];
                for (int p = 0; p < plane; p++)
                {
                    float value = ((row[(source * plane) + p] * encoding.Scale) - mean) / std;
                    expected[layout == ImageLayout.Nhwc ? (p * channels) + c : (c * plane) + p] = type == OnnxElementType.Float16 ? (float)(Half)value : value;
                }
            }

            written.ShouldBe(expected);
            float[] before = new float[16];
            buffer.Read(0, before);
            before.ShouldAllBe(value => value == 0);
        }
    }
}

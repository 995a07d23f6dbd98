using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class PixelBufferTests
{
    [Fact]
    public void Planes_and_interleaved_pixels_convert_both_ways()
    {
        float[] image = [0, 0.2f, 0.4f, 0.6f, 0.8f, 1];
        PixelBuffer buffer = PixelBuffer.FromImage(image, new ImageShape(3, 1, 2));
        buffer.Pixels.ShouldBe([0, 102, 204, 51, 153, 255]);
        var back = new float[6];
        buffer.CopyTo(back);
        back.ShouldBe(image);
        buffer.Shape.ShouldBe(new ImageShape(3, 1, 2));
    }

    [Fact]
    public void Every_level_survives_the_way_to_floats_and_back()
    {
        byte[] levels = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        var floats = new float[256];
        new PixelBuffer(16, 16, 1, levels).CopyTo(floats);
        PixelBuffer.FromImage(floats, new ImageShape(1, 16, 16)).Pixels.ShouldBe(levels);
    }

    [Fact]
    public void Values_beyond_the_ends_are_cut() =>
        PixelBuffer.FromImage([-1, 2, float.NaN, float.PositiveInfinity], new ImageShape(1, 2, 2)).Pixels.ShouldBe([0, 255, 0, 255]);

    [Fact]
    public void Sizes_that_do_not_agree_are_refused()
    {
        Should.Throw<ArgumentException>(() => new PixelBuffer(0, 1, 1));
        Should.Throw<ArgumentException>(() => new PixelBuffer(1, 1, 2));
        Should.Throw<ArgumentException>(() => new PixelBuffer(1, 1, 1, new byte[2]));
        Should.Throw<ArgumentException>(() => new PixelBuffer(int.MaxValue, int.MaxValue, 3));
        Should.Throw<ArgumentException>(() => PixelBuffer.FromImage(new float[3], new ImageShape(1, 2, 2)));
        Should.Throw<ArgumentException>(() => new PixelBuffer(2, 2, 1).CopyTo(new float[3]));
    }
}

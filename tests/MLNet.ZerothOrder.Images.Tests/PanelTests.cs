using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class PanelTests
{
    private static readonly byte[] Gutter = [0x99, 0x99, 0x99];
    private static readonly byte[] Neutral = [0xF7, 0xF7, 0xF7];

    [Theory]
    [InlineData(28, 28, 3)]
    [InlineData(32, 32, 3)]
    [InlineData(8, 200, 11)]
    [InlineData(224, 224, 1)]
    public void Small_images_are_enlarged_until_they_can_be_seen(int height, int width, int times)
    {
        var shape = new ImageShape(1, height, width);
        PixelBuffer picture = Panel.Compose([Row(shape), Row(shape)]).Image;
        picture.Channels.ShouldBe(3);
        picture.Width.ShouldBe(2 + (3 * ((width * times) + 2)));
        picture.Height.ShouldBe(2 + (2 * ((height * times) + 2)));
    }

    [Fact]
    public void Tiles_lie_between_gutters_each_pixel_a_square()
    {
        var shape = new ImageShape(1, 1, 2);
        PixelBuffer picture = Panel.Compose([new PanelRow(shape, new[] { 0f, 1f }, new[] { 1f, 1f })], 2).Image;
        (picture.Width, picture.Height).ShouldBe((20, 6));
        At(picture, 0, 3).ShouldBe(Gutter);
        At(picture, 5, 1).ShouldBe(Gutter);
        At(picture, 6, 3).ShouldBe(Gutter);
        foreach (int y in new[] { 2, 3 })
        {
            At(picture, 2, y).ShouldBe([0, 0, 0]);
            At(picture, 3, y).ShouldBe([0, 0, 0]);
            At(picture, 4, y).ShouldBe([255, 255, 255]);
            At(picture, 8, y).ShouldBe([255, 255, 255]);
        }
    }

    [Fact]
    public void Brighter_is_red_darker_is_blue_and_the_same_is_neutral()
    {
        var shape = new ImageShape(1, 1, 3);
        PanelImage panel = Panel.Compose([new PanelRow(shape, new[] { 0.5f, 0.5f, 0.5f }, new[] { 0.6f, 0.4f, 0.5f })], 1);
        panel.Amplification.ShouldBe(10);
        byte[] up = At(panel.Image, 12, 2);
        byte[] down = At(panel.Image, 13, 2);
        up[0].ShouldBeGreaterThan((byte)(up[2] + 100));
        down[2].ShouldBeGreaterThan((byte)(down[0] + 100));
        At(panel.Image, 14, 2).ShouldBe(Neutral);
    }

    [Fact]
    public void A_colour_images_difference_is_that_of_the_channel_that_changed_most()
    {
        var shape = new ImageShape(3, 1, 1);
        PanelImage panel = Panel.Compose([new PanelRow(shape, new[] { 0f, 1f, 0f }, new[] { 0.4f, 0f, 0.4f })], 1);
        panel.Amplification.ShouldBe(1);
        At(panel.Image, 2, 2).ShouldBe([0, 255, 0]);
        At(panel.Image, 8, 2).ShouldBe([0x21, 0x66, 0xAC]);
    }

    [Theory]
    [InlineData(0f, 1)]
    [InlineData(1f, 1)]
    [InlineData(0.5f, 2)]
    [InlineData(0.3f, 2)]
    [InlineData(0.03f, 20)]
    [InlineData(0.0001f, 1000)]
    public void The_amplification_is_the_largest_round_factor_that_fits(float difference, int factor)
    {
        var shape = new ImageShape(1, 1, 1);
        Panel.Compose([Row(shape), new PanelRow(shape, new float[1], new[] { difference })]).Amplification.ShouldBe(factor);
    }

    [Fact]
    public void Rows_that_do_not_fit_together_are_refused()
    {
        var shape = new ImageShape(1, 2, 2);
        Should.Throw<ArgumentException>(() => Panel.Compose([])).Message.ShouldContain("at least one");
        Should.Throw<ArgumentException>(() => Panel.Compose([Row(shape)], 0)).Message.ShouldContain("scale 0");
        Should.Throw<ArgumentException>(() => Panel.Compose([Row(shape)], int.MaxValue)).Message.ShouldContain("too large");
        Should.Throw<ArgumentException>(() => Panel.Compose([Row(shape), Row(new ImageShape(1, 1, 4))])).Message.ShouldContain("Row 1");
        Should.Throw<ArgumentException>(() => Panel.Compose([new PanelRow(shape, new float[4], new float[3])])).Message.ShouldContain("Row 0");
        Should.Throw<ArgumentException>(() => Panel.Compose([Row(new ImageShape(2, 2, 2))])).Message.ShouldContain("2×2×2");
    }

    private static PanelRow Row(ImageShape shape) => new(shape, new float[shape.Length], new float[shape.Length]);

    private static byte[] At(PixelBuffer picture, int x, int y) => picture.Pixels.AsSpan(3 * ((y * picture.Width) + x), 3).ToArray();
}

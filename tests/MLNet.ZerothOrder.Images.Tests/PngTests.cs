using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class PngTests
{
    [Fact]
    public void Decoding_undoes_encoding_for_gray_and_RGB_of_any_size()
    {
        Gen<PixelBuffer> images =
            from width in Gen.Choose(1, 40)
            from height in Gen.Choose(1, 40)
            from channels in Gen.Elements(1, 3)
            from smoothness in Gen.Choose(0, 4)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select Image(width, height, channels, smoothness, seed);
        Prop.ForAll(images.ToArbitrary(), image =>
        {
            PixelBuffer decoded = PictureFile.Decode(Png.Encode(image), "x.png");
            return decoded.Width == image.Width && decoded.Height == image.Height && decoded.Channels == image.Channels
                && decoded.Pixels.AsSpan().SequenceEqual(image.Pixels);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_smooth_image_takes_far_fewer_bytes_than_its_pixels()
    {
        var ramp = new PixelBuffer(256, 256, 3);
        for (int i = 0; i < ramp.Pixels.Length; i++)
        {
            ramp.Pixels[i] = (byte)((i / 3 % 256) + (i / 768));
        }

        Png.Encode(ramp).Length.ShouldBeLessThan(ramp.Pixels.Length / 50);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_written_file_holds_the_pixels_and_nothing_else(int channels)
    {
        byte[] png = Png.Encode(Image(5, 4, channels, 1, 1));

        PngFile.Chunks(png).Distinct().ShouldBe(["IHDR", "IDAT", "IEND"]);
        png[24..26].ShouldBe([8, (byte)(channels switch { 1 => 0, 3 => 2, _ => 6 })]);
        Png.Encode(Image(5, 4, channels, 1, 1)).ShouldBe(png);
    }

    [Fact]
    public void All_five_filters_are_undone()
    {
        // One row per filter over the same ramp, filtered by hand.
        byte[] rows =
        [
            0, 10, 20, 30,
            1, 10, 10, 10,
            2, 1, 2, 3,
            3, 10, 10, 12,
            4, 5, 3, 2,
        ];
        PictureFile.Decode(PngFile.Of(3, 5, 8, 0, rows), "x.png").Pixels.ShouldBe(
            [10, 20, 30, 10, 20, 30, 11, 22, 33, 15, 28, 42, 20, 31, 44]);
    }

    [Theory]
    [InlineData(1, new byte[] { 0, 0b1010_0000 }, new byte[] { 255, 0, 255 })]
    [InlineData(2, new byte[] { 0, 0b0001_1000 }, new byte[] { 0, 85, 170 })]
    [InlineData(4, new byte[] { 0, 0x0F, 0x30 }, new byte[] { 0, 255, 51 })]
    [InlineData(8, new byte[] { 0, 1, 128, 255 }, new byte[] { 1, 128, 255 })]
    public void Gray_of_up_to_8_bits_is_spread_over_0_to_255(int depth, byte[] rows, byte[] pixels) =>
        PictureFile.Decode(PngFile.Of(3, 1, depth, 0, rows), "x.png").Pixels.ShouldBe(pixels);

    [Fact]
    public void Transparent_pixels_keep_their_colors()
    {
        PixelBuffer gray = Decode(PngFile.Of(3, 1, 8, 4, [0, 200, 255, 200, 0, 200, 128]));
        gray.Channels.ShouldBe(1);
        gray.Pixels.ShouldBe([200, 200, 200]);
        Decode(PngFile.Of(2, 1, 8, 0, [0, 7, 8], transparency: [0, 7])).Pixels.ShouldBe([7, 8]);
        Decode(PngFile.Of(2, 1, 8, 3, [0, 0, 1], [9, 8, 7, 8, 8, 8], [0])).Pixels.ShouldBe([9, 8, 7, 8, 8, 8]);
    }

    [Fact]
    public void RGBA_keeps_its_opacity_and_is_written_as_it_was()
    {
        PixelBuffer image = PictureFile.Decode(PngFile.Of(2, 1, 8, 6, [0, 10, 20, 30, 255, 10, 20, 30, 0]), "x.png");
        image.Shape.ShouldBe(new ImageShape(4, 1, 2));
        image.Pixels.ShouldBe([10, 20, 30, 255, 10, 20, 30, 0]);
        PictureFile.Decode(Png.Encode(image), "x.png").Pixels.ShouldBe(image.Pixels);
        Panel.Difference(new PanelRow(image.Shape, new float[8], new float[8])).Image.Shape.ShouldBe(new ImageShape(3, 1, 2));
    }

    [Theory]
    [InlineData(1, new byte[] { 0, 0b0100_0000 })]
    [InlineData(2, new byte[] { 0, 0b0001_0000 })]
    [InlineData(4, new byte[] { 0, 0x01, 0x00 })]
    [InlineData(8, new byte[] { 0, 0, 1, 0 })]
    public void Palette_images_give_RGB(int depth, byte[] rows)
    {
        PixelBuffer image = PictureFile.Decode(PngFile.Of(3, 1, depth, 3, rows, [1, 2, 3, 4, 5, 6]), "x.png");
        image.Channels.ShouldBe(3);
        image.Pixels.ShouldBe([1, 2, 3, 4, 5, 6, 1, 2, 3]);
    }

    [Fact]
    public void Pixels_may_be_spread_over_chunks_and_unknown_harmless_chunks_are_passed_over()
    {
        byte[] data = PngFile.Zlib([0, 1, 2, 3]);
        byte[] png =
        [
            .. PngFile.Signature, .. PngFile.Chunk("IHDR", PngFile.Header(3, 1, 8, 0)), .. PngFile.Chunk("tEXt", [1, 2]),
            .. data.SelectMany(b => PngFile.Chunk("IDAT", [b])), .. PngFile.Chunk("tIME", []), .. PngFile.Chunk("IEND", []),
        ];
        Decode(png).Pixels.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] png = Png.Encode(Image(5, 4, 3, 1, 1));
        for (int length = 0; length < png.Length; length++)
        {
            Should.Throw<InputException>(() => Decode(png[..length]), $"cut at {length}").Message.ShouldContain("x.png");
        }
    }

    [Fact]
    public void Any_changed_byte_is_noticed_or_changes_no_pixel()
    {
        PixelBuffer image = Image(5, 4, 1, 1, 1);
        byte[] png = Png.Encode(image);
        int noticed = 0;
        for (int i = 0; i < png.Length; i++)
        {
            byte[] damaged = [.. png];
            damaged[i] ^= 0x20;
            try
            {
                Decode(damaged).Pixels.ShouldBe(image.Pixels, $"byte {i}");
            }
            catch (InputException)
            {
                noticed++;
            }
        }

        // The sum of the last chunk, which has no content, does not count.
        noticed.ShouldBeGreaterThan(png.Length - 12);
    }

    [Fact]
    public void Hostile_chunks_with_right_sums_are_decoded_or_refused_never_crash()
    {
        var random = new Random(7);
        for (int round = 0; round < 500; round++)
        {
            byte[] header = PngFile.Header(random.Next(0, 9), random.Next(0, 9), 1 << random.Next(0, 5), random.Next(0, 7), random.Next(0, 2));
            var rows = new byte[random.Next(1, 200)];
            random.NextBytes(rows);
            byte[] data = PngFile.Zlib([.. rows.Select((b, i) => i % 3 == 0 ? (byte)(b % 6) : b)]);
            if (random.Next(4) == 0)
            {
                data[random.Next(data.Length)] ^= (byte)random.Next(256);
            }

            var extra = new byte[random.Next(0, 10)];
            random.NextBytes(extra);
            byte[] png = Concat(
                PngFile.Chunk("IHDR", header), PngFile.Chunk(random.Next(2) == 0 ? "PLTE" : "tRNS", extra), PngFile.Chunk("IDAT", data), PngFile.Chunk("IEND", []));
            try
            {
                PixelBuffer image = Decode(png);
                image.Pixels.Length.ShouldBe(image.Width * image.Height * image.Channels);
            }
            catch (InputException)
            {
            }
        }
    }

    [Fact]
    public void What_cannot_be_written_is_said_by_name()
    {
        using var folder = new TempFolder();
        Refused.With(() => Png.Write(folder.At("no/such/a.png"), new PixelBuffer(1, 1, 1)), "a.png", "cannot be written");
        Png.Write(folder.At("a.png"), new PixelBuffer(2, 1, 1, [3, 4]));
        PictureFile.Read(folder.At("a.png")).Pixels.ShouldBe([3, 4]);
    }

    private static PixelBuffer Image(int width, int height, int channels, int smoothness, int seed)
    {
        var image = new PixelBuffer(width, height, channels);
        new Random(seed).NextBytes(image.Pixels);
        for (int i = channels; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(image.Pixels[i - channels] + (image.Pixels[i] >> (2 * smoothness)));
        }

        return image;
    }

    private static byte[] Concat(params byte[][] chunks) => [.. PngFile.Signature, .. chunks.SelectMany(chunk => chunk)];

    private static PixelBuffer Decode(byte[] content) => PictureFile.Decode(content, "x.png");
}

using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public class GeneratedDigitsTests
{
    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_every_machine()
    {
        // The bundled targets' model cards and every published result on digits rest on these bytes.
        var bytes = Bytes(GeneratedDigits.Create(20));
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe("e476579087c8149507f2b601a5dfee6633d33e56b38bcbad11aabf731f86617b");
    }

    [Fact]
    public void A_longer_set_starts_with_the_shorter_one()
    {
        var longer = Bytes(GeneratedDigits.Create(30, seed: 7));
        longer[..(11 * 784)].ShouldBe(Bytes(GeneratedDigits.Create(11, seed: 7)));
    }

    [Fact]
    public void Different_seeds_and_different_indices_give_different_images()
    {
        var images = new HashSet<string>();
        foreach (var seed in new[] { GeneratedDigits.TestSeed, GeneratedDigits.TrainSeed, 0, -1, long.MaxValue, long.MinValue })
        {
            var bytes = Bytes(GeneratedDigits.Create(100, seed));
            for (var i = 0; i < 100; i++)
            {
                images.Add(Convert.ToHexString(bytes.AsSpan(i * 784, 784))).ShouldBeTrue($"image {i} of seed {seed} came before");
            }
        }
    }

    [Fact]
    public void Eight_bits_hold_every_pixel_exactly()
    {
        var set = GeneratedDigits.Create(200);
        for (var i = 0; i < set.Count; i++)
        {
            foreach (var pixel in set.Image(i).Span)
            {
                pixel.ShouldBeInRange(0f, 1f);
                pixel.ShouldBe(MathF.Round(pixel * 255) / 255f);
            }
        }
    }

    [Fact]
    public void Labels_cycle_through_the_digits()
    {
        var set = GeneratedDigits.Create(25);
        set.Shape.ShouldBe(new ImageShape(1, 28, 28));
        Enumerable.Range(0, 25).Select(set.Label).ShouldBe(Enumerable.Range(0, 25).Select(i => i % 10));
    }

    [Fact]
    public void Ink_looks_like_MNISTs_in_amount_size_and_place()
    {
        var set = GeneratedDigits.Create(1000);
        double sum = 0, edge = 0;
        for (var i = 0; i < set.Count; i++)
        {
            var image = set.Image(i).Span;
            var (top, bottom) = (27, 0);
            for (var pixel = 0; pixel < image.Length; pixel++)
            {
                var (row, column) = (pixel / 28, pixel % 28);
                sum += image[pixel];
                edge += row is < 2 or > 25 || column is < 2 or > 25 ? image[pixel] : 0;
                if (image[pixel] > 0.5f)
                {
                    (top, bottom) = (Math.Min(top, row), Math.Max(bottom, row));
                }
            }

            // A strongly slanted or flattened digit is wider than high, but never a dot or a dash.
            (bottom - top + 1).ShouldBeInRange(11, 21);
        }

        (sum / (set.Count * 784)).ShouldBeInRange(0.11, 0.15);
        (edge / sum).ShouldBeInRange(0, 0.01);
    }

    [Fact]
    public void A_negative_count_is_refused_and_zero_gives_an_empty_set()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => GeneratedDigits.Create(-1));
        GeneratedDigits.Create(0).Count.ShouldBe(0);
    }

    private static byte[] Bytes(ImageSet set)
    {
        var bytes = new byte[set.Count * set.Shape.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)MathF.Round(set.Image(i / 784).Span[i % 784] * 255);
        }

        return bytes;
    }
}

using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Data;

public class GeneratedDigitsTests
{
    [Fact]
    public void TheSameSeedGivesTheSameBytesOnEveryMachine()
    {
        // The bundled targets' model cards and every published result on digits rest on these bytes.
        var bytes = Bytes(GeneratedDigits.Create(20));
        Assert.Equal("e476579087c8149507f2b601a5dfee6633d33e56b38bcbad11aabf731f86617b", Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    [Fact]
    public void ALongerSetStartsWithTheShorterOne()
    {
        var longer = Bytes(GeneratedDigits.Create(30, seed: 7));
        Assert.Equal(Bytes(GeneratedDigits.Create(11, seed: 7)), longer[..(11 * 784)]);
    }

    [Fact]
    public void DifferentSeedsAndDifferentIndicesGiveDifferentImages()
    {
        var images = new HashSet<string>();
        foreach (var seed in new[] { GeneratedDigits.TestSeed, GeneratedDigits.TrainSeed, 0, -1, long.MaxValue, long.MinValue })
        {
            var bytes = Bytes(GeneratedDigits.Create(100, seed));
            for (var i = 0; i < 100; i++)
            {
                Assert.True(images.Add(Convert.ToHexString(bytes.AsSpan(i * 784, 784))), $"image {i} of seed {seed} came before");
            }
        }
    }

    [Fact]
    public void EightBitsHoldEveryPixelExactly()
    {
        var set = GeneratedDigits.Create(200);
        for (var i = 0; i < set.Count; i++)
        {
            foreach (var pixel in set.Image(i).Span)
            {
                Assert.InRange(pixel, 0f, 1f);
                Assert.Equal(MathF.Round(pixel * 255) / 255f, pixel);
            }
        }
    }

    [Fact]
    public void LabelsCycleThroughTheDigits()
    {
        var set = GeneratedDigits.Create(25);
        Assert.Equal(new ImageShape(1, 28, 28), set.Shape);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => i % 10), Enumerable.Range(0, 25).Select(set.Label));
    }

    [Fact]
    public void InkLooksLikeMNISTsInAmountSizeAndPlace()
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
            Assert.InRange(bottom - top + 1, 11, 21);
        }

        Assert.InRange(sum / (set.Count * 784), 0.11, 0.15);
        Assert.InRange(edge / sum, 0, 0.01);
    }

    [Fact]
    public void ANegativeCountIsRefusedAndZeroGivesAnEmptySet()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => GeneratedDigits.Create(-1));
        Assert.Equal(0, GeneratedDigits.Create(0).Count);
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

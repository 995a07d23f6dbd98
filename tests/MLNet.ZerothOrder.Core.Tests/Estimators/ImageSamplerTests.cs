using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class ImageSamplerTests
{
    private const int Rows = 20_000;

    [Theory]
    [InlineData(2, 0.4f)]
    [InlineData(3, 0.7f)]
    [InlineData(4, 0)]
    public void Channels_of_a_pixel_are_correlated_as_asked_pixels_are_not_and_every_variance_is_1(int channels, float correlation)
    {
        var shape = new ImageShape(channels, 2, 3);
        float[] directions = Draw(shape, new ProximalOptions { ChannelCorrelation = correlation });
        for (int i = 0; i < shape.Length; i++)
        {
            for (int j = 0; j < shape.Length; j++)
            {
                Covariance(directions, shape.Length, i, j).ShouldBe(i == j ? 1 : i % 6 == j % 6 ? correlation : 0, 0.04, $"{i}, {j}");
            }
        }
    }

    [Theory]
    [InlineData(5, 4, 0.7f)]
    [InlineData(3, 7, 1.5f)]
    [InlineData(2, 2, 16)]
    public void In_one_channel_neighbours_are_as_alike_as_the_Gaussian_makes_them_up_to_the_border(int height, int width, float gaussian)
    {
        var shape = new ImageShape(1, height, width);
        float[] directions = Draw(shape, new ProximalOptions { Width = gaussian });
        for (int i = 0; i < shape.Length; i++)
        {
            for (int j = 0; j < shape.Length; j++)
            {
                double expected = Along(i / width, j / width, height, gaussian) * Along(i % width, j % width, width, gaussian);
                Covariance(directions, shape.Length, i, j).ShouldBe(expected, 0.04, $"{i}, {j}");
            }
        }

        // The correlation of two places of a line of independent numbers, each replaced by a weighted sum of those inside.
        static double Along(int a, int b, int side, double gaussian)
        {
            double both = 0, first = 0, second = 0;
            for (int at = 0; at < side; at++)
            {
                double x = Math.Exp(-Math.Pow(at - a, 2) / (2 * gaussian * gaussian)), y = Math.Exp(-Math.Pow(at - b, 2) / (2 * gaussian * gaussian));
                (both, first, second) = (both + (x * y), first + (x * x), second + (y * y));
            }

            return both / Math.Sqrt(first * second);
        }
    }

    [Theory]
    [InlineData(28, 28, 2)]
    [InlineData(9, 16, 3)]
    [InlineData(3, 37, 5)]
    [InlineData(40, 5, 1)]
    [InlineData(2, 2, 2)]
    public void Smoothing_gives_the_same_bits_on_every_width(int height, int width, int radius)
    {
        var image = new float[height * width];
        CounterRandom.Normals(RandomKey.FromSeed(3), image);
        float[] weights = [.. Enumerable.Range(0, radius + 1).Select(k => MathF.Exp(-0.3f * k * k))];
        float[] across = [.. Enumerable.Range(0, width).Select(x => 0.5f + (x * 0.01f))], down = [.. Enumerable.Range(0, height).Select(y => 0.7f - (y * 0.01f))];

        var between = new float[image.Length];
        var expected = new float[image.Length];
        for (int i = 0; i < image.Length; i++)
        {
            float sum = 0;
            for (int k = -radius; k <= radius; k++)
            {
                sum = i % width + k >= 0 && i % width + k < width ? MathF.FusedMultiplyAdd(weights[Math.Abs(k)], image[i + k], sum) : sum;
            }

            between[i] = sum * across[i % width];
        }

        for (int i = 0; i < image.Length; i++)
        {
            for (int k = -radius; k <= radius; k++)
            {
                int from = i + (k * width);
                expected[i] = from >= 0 && from < image.Length ? MathF.FusedMultiplyAdd(down[i / width] * weights[Math.Abs(k)], between[from], expected[i]) : expected[i];
            }
        }

        int stride = SmoothKernel.Stride(width, radius);
        float[] everywhere = [.. Enumerable.Range(0, height * stride).Select(at => at % stride < width ? across[at % stride] : float.NaN)];
        foreach (Width lanes in Width.All)
        {
            float[] smoothed = [.. image];
            lanes.Run(new SmoothKernel(height, width, weights, everywhere, down, new float[(height * stride) + (2 * radius)], new float[height * stride], smoothed));
            smoothed.ShouldBe(expected, $"{lanes}");
        }
    }

    [Fact]
    public void The_window_is_highest_in_the_middle_keeps_the_mean_square_and_never_closes()
    {
        var shape = new ImageShape(2, 28, 20);
        var deviation = new float[shape.Length];
        Array.Fill(deviation, 3);
        ImageSampler.Focus(ImageFilter.Of(shape, 0, 0.27f), deviation);
        deviation.Average(s => (double)s * s).ShouldBe(1, 1e-4);
        deviation[(14 * 20) + 10].ShouldBe(deviation.Max());
        ((double)deviation[0] / deviation.Max()).ShouldBe(0.3 + (0.7 * Math.Exp(-0.46 / (2 * 0.27 * 0.27))), 0.02d);
        deviation[..560].ShouldBe(deviation[560..]);

        float[] same = [.. deviation];
        ImageSampler.Focus(ImageFilter.Of(shape, 0, 0), same);
        same.ShouldBe(deviation);
    }

    [Fact]
    public void Only_an_attack_on_an_image_with_rows_and_columns_is_one()
    {
        var row = new AttackObjective(new float[12], 0, 2, new AttackLoss());
        ImageSampler.Shape(row).ShouldBeNull();
        ImageSampler.Shape(new FunctionObjective(12)).ShouldBeNull();
        ImageSampler.Shape(new AttackObjective(new float[12], 0, 2, new AttackLoss()) { Shape = new ImageShape(3, 2, 2) }).ShouldBe(new ImageShape(3, 2, 2));
        ImageSampler.Shape(new AttackObjective(new float[12], 0, 2, new AttackLoss()) { Shape = new ImageShape(1, 12, 1) }).ShouldBeNull();
    }

    private static float[] Draw(ImageShape shape, ProximalOptions options)
    {
        var directions = new float[Rows * shape.Length];
        ImageSampler.Draw(RandomKey.FromSeed(5), shape, options, directions);
        return directions;
    }

    private static double Covariance(float[] directions, int dimension, int i, int j)
    {
        double sum = 0;
        for (int at = 0; at < directions.Length; at += dimension)
        {
            sum += (double)directions[at + i] * directions[at + j];
        }

        return sum / Rows;
    }
}

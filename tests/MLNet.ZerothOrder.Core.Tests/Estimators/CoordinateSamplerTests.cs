using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class CoordinateSamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100)]
    public void Every_coordinate_comes_once_before_any_comes_again(int dimension)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            int[] drawn = Draw(RandomKey.FromSeed(seed), dimension, 3 * dimension);
            for (int round = 0; round < 3; round++)
            {
                drawn.Skip(round * dimension).Take(dimension).Order().ShouldBe(Enumerable.Range(0, dimension));
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(50)]
    public void Every_row_is_uniform_over_the_coordinates(int dimension)
    {
        const int Draws = 4000;
        int rows = Math.Min(dimension, 4);
        var counts = new int[rows, dimension];
        for (int seed = 0; seed < Draws; seed++)
        {
            int[] drawn = Draw(RandomKey.FromSeed(seed), dimension, rows);
            for (int row = 0; row < rows; row++)
            {
                counts[row, drawn[row]]++;
            }
        }

        // χ² with d − 1 degrees of freedom has mean d − 1 and variance 2(d − 1).
        for (int row = 0; row < rows; row++)
        {
            double expected = (double)Draws / dimension;
            double chiSquared = Enumerable.Range(0, dimension).Sum(j => Math.Pow(counts[row, j] - expected, 2) / expected);
            chiSquared.ShouldBeLessThan(dimension - 1 + (5 * Math.Sqrt(2 * (dimension - 1))), $"row {row}");
        }
    }

    private static int[] Draw(RandomKey key, int dimension, int rows)
    {
        var directions = new float[rows * dimension];
        new CoordinateSampler().Sample(key, new float[dimension], new float[dimension], directions);
        var drawn = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            float[] direction = [.. directions.Skip(row * dimension).Take(dimension)];
            drawn[row] = Array.IndexOf(direction, 1);
            direction.Sum(Math.Abs).ShouldBe(1);
        }

        return drawn;
    }
}

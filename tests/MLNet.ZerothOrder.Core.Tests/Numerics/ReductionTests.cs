using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class ReductionTests
{
    [Fact]
    public void Totals_are_the_scalar_totals_of_sixteen_accumulators_bit_for_bit()
    {
        Gen<int> lengths = Gen.Frequency((3, Gen.Choose(0, 70)), (1, Gen.Choose(71, 3000)));
        Prop.ForAll(lengths.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (length, seed) =>
        {
            float[] x = Numbers(seed, length);
            float[] y = Numbers(seed ^ 0x5555, length);
            SimdKernels.Dot(x, y).ShouldBe(Scalar(x, y, (t, a, b) => t + (a * b), (a, b) => a + b));
            SimdKernels.SumOfSquares(x).ShouldBe(Scalar(x, x, (t, a, b) => t + (a * b), (a, b) => a + b));
            SimdKernels.L1Distance(x, y).ShouldBe(Scalar(x, y, (t, a, b) => t + Math.Abs(a - b), (a, b) => a + b));
            SimdKernels.L2Distance(x, y).ShouldBe(Math.Sqrt(Scalar(x, y, (t, a, b) => Math.FusedMultiplyAdd(a - b, a - b, t), (a, b) => a + b)));
            SimdKernels.LInfDistance(x, y).ShouldBe(Scalar(x, y, (t, a, b) => Math.Max(t, Math.Abs(a - b)), Math.Max));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1, 784)]
    [InlineData(2, 5)]
    [InlineData(5, 16)]
    [InlineData(6, 1000)]
    [InlineData(21, 3 * RowProducts.Tile)]
    public void Products_of_rows_in_tiles_have_the_bits_of_the_rows_dot_products(int rows, int columns)
    {
        float[][] row = [.. Enumerable.Range(0, rows).Select(seed => Numbers(seed, columns))];
        var products = new RowProducts(rows, new double[RowProducts.ScratchLength(rows)]);
        for (int round = 0; round < 2; round++)
        {
            products.Clear();
            int whole = columns - (columns % RowProducts.Columns);
            Add(products, whole, columns - whole);
            for (int start = 0; start < whole; start += RowProducts.Tile)
            {
                Add(products, start, Math.Min(RowProducts.Tile, whole - start));
            }

            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    products.Product(i, j).ShouldBe(SimdKernels.Dot(row[i], row[j]), $"rows {i} and {j}");
                }
            }
        }

        void Add(RowProducts products, int start, int count)
        {
            for (int i = 0; i < rows; i++)
            {
                products.Set(i, row[i].AsSpan(start, count));
            }

            products.Add(count);
        }
    }

    [Fact]
    public void Totals_of_a_million_elements_are_right_to_almost_all_digits()
    {
        float[] x = Numbers(1, 1_000_003);
        float[] y = Numbers(2, 1_000_003);
        decimal dot = 0;
        decimal l1 = 0;
        decimal l2 = 0;
        for (int i = 0; i < x.Length; i++)
        {
            decimal a = (decimal)(double)x[i];
            decimal b = (decimal)(double)y[i];
            dot += a * b;
            l1 += Math.Abs(a - b);
            l2 += (a - b) * (a - b);
        }

        SimdKernels.Dot(x, y).ShouldBe((double)dot, 1e-7);
        SimdKernels.L1Distance(x, y).ShouldBe((double)l1, 1e-7);
        SimdKernels.L2Distance(x, y).ShouldBe(Math.Sqrt((double)l2), 1e-9);
    }

    [Fact]
    public void Squares_that_overflow_a_float_do_not_overflow_a_total() =>
        SimdKernels.SumOfSquares([1e30f, 1e30f, -1e30f]).ShouldBe(3 * Math.Pow((double)1e30f, 2), 1e46);

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(39)]
    public void A_NaN_anywhere_makes_every_total_one(int place)
    {
        float[] x = Numbers(3, 40);
        float[] y = Numbers(4, 40);
        x[place] = float.NaN;
        SimdKernels.Dot(x, y).ShouldBe(double.NaN);
        SimdKernels.SumOfSquares(x).ShouldBe(double.NaN);
        SimdKernels.L1Distance(x, y).ShouldBe(double.NaN);
        SimdKernels.L2Distance(x, y).ShouldBe(double.NaN);
        SimdKernels.LInfDistance(x, y).ShouldBe(double.NaN);
    }

    [Fact]
    public void Nothing_is_at_distance_zero()
    {
        SimdKernels.L1Distance([], []).ShouldBe(0);
        SimdKernels.L2Distance([], []).ShouldBe(0);
        SimdKernels.LInfDistance([], []).ShouldBe(0);
        SimdKernels.SumOfSquares([]).ShouldBe(0);
    }

    // The incomplete block at the end is the first to be added.
    private static double Scalar(
        float[] x, float[] y, Func<double, double, double, double> accumulate, Func<double, double, double> combine)
    {
        double[] total = new double[16];
        int whole = x.Length / 16 * 16;
        foreach (int i in Enumerable.Range(whole, x.Length - whole).Concat(Enumerable.Range(0, whole)))
        {
            total[i % 16] = accumulate(total[i % 16], x[i], y[i]);
        }

        double[] four = [.. Enumerable.Range(0, 4).Select(i => combine(
            combine(total[i], total[i + 4]), combine(total[i + 8], total[i + 12])))];
        return combine(combine(four[0], four[2]), combine(four[1], four[3]));
    }

    private static float[] Numbers(int seed, int length)
    {
        float[] numbers = new float[length];
        CounterRandom.Normals(RandomKey.FromSeed(seed), numbers);
        return numbers;
    }
}

using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class ResidualMemoryTests
{
    private const int LargestBlock = 64;
    private const double Ridge = 1e-3;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20)]
    [InlineData(5, 3)]
    [InlineData(5, 5)]
    [InlineData(7, 40)]
    [InlineData(60, 20)]
    [InlineData(90, 64)]
    [InlineData(90, 65)]
    [InlineData(30, 200)]
    public void Is_the_dense_computation_in_float64_block_by_block(int dimension, int rows)
    {
        var random = new Random((dimension * 1000) + rows);
        float[] directions = Normals(random, rows * dimension);
        double[] slopes = [.. Normals(random, rows).Select(s => (double)s)];
        float[] memory = Normals(random, dimension);
        double[] expected = [.. memory.Select(g => (double)g)];
        for (int first = 0; first < rows; first += LargestBlock)
        {
            int count = Math.Min(LargestBlock, rows - first);
            Dense(directions.AsSpan(first * dimension, count * dimension), slopes.AsSpan(first, count), expected);
        }

        ResidualMemory.Correct(directions, slopes, memory);

        // Slopes that contradict each other, of which there are some with more rows than coordinates, come out divided by the
        // ridge, and floats must cancel them.
        double tolerance = (rows > dimension ? 1e-2 : 1e-5) * Length(expected);
        for (int i = 0; i < dimension; i++)
        {
            ((double)memory[i]).ShouldBe(expected[i], tolerance, $"coordinate {i}");
        }
    }

    [Theory]
    [InlineData(400, 20)]
    [InlineData(400, 64)]
    [InlineData(50, 1)]
    [InlineData(2, 1)]
    public void Afterwards_the_new_slopes_are_explained_up_to_the_ridge_and_nothing_else_has_changed(int dimension, int rows)
    {
        var random = new Random(rows);
        float[] directions = Normals(random, rows * dimension);
        double[] slopes = [.. Normals(random, rows).Select(s => (double)s)];
        float[] memory = Normals(random, dimension);
        double[] before = Wrong(directions, slopes, memory);
        float[] old = [.. memory];

        ResidualMemory.Correct(directions, slopes, memory);

        // With many more coordinates than rows, U Uᵀ is nearly its mean diagonal times I: a thousandth of each error is left.
        double[] after = Wrong(directions, slopes, memory);
        Length(after).ShouldBeLessThan(5 * Ridge * Length(before));

        // A vector orthogonal to all rows does not feel the change.
        double[] across = [.. Normals(random, dimension).Select(x => (double)x)];
        Project(directions, across);
        double[] change = [.. memory.Zip(old, (a, b) => (double)a - b)];
        across.Zip(change, (a, b) => a * b).Sum().ShouldBe(0, 1e-5 * Length(across) * Length(change));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 30)]
    [InlineData(8, 40)]
    [InlineData(8, 64)]
    [InlineData(8, 150)]
    public void As_many_slopes_as_coordinates_give_a_linear_functions_gradient(int dimension, int rows)
    {
        var random = new Random(rows);
        float[] gradient = Normals(random, dimension);
        var memory = new float[dimension];
        for (int step = 0; step < 4; step++)
        {
            float[] directions = Normals(random, rows * dimension);
            ResidualMemory.Correct(directions, Slopes(directions, gradient), memory);
            if (step == 0)
            {
                memory.ShouldBe(gradient, 0.01);
            }
        }

        // What the ridge left of each step's error is gone too.
        memory.ShouldBe(gradient, 1e-6);
    }

    [Fact]
    public void Knowledge_adds_up_over_steps_of_few_rows()
    {
        const int Dimension = 100;
        var random = new Random(1);
        float[] gradient = Normals(random, Dimension);
        var memory = new float[Dimension];
        double error = Length([.. gradient.Select(g => (double)g)]);
        for (int step = 0; step < 120; step++)
        {
            float[] directions = Normals(random, 10 * Dimension);
            ResidualMemory.Correct(directions, Slopes(directions, gradient), memory);
            double now = Length([.. gradient.Zip(memory, (a, b) => (double)a - b)]);
            now.ShouldBeLessThan(error);
            error = now;
        }

        error.ShouldBeLessThan(0.01 * Length([.. gradient.Select(g => (double)g)]));
    }

    [Fact]
    public void Directions_that_repeat_or_are_0_do_no_harm()
    {
        float[] row = [1, 2, -1, 0.5f];
        float[] directions = [.. row, .. row, 0, 0, 0, 0, .. row.Select(x => -x), .. row];
        var memory = new float[4];
        ResidualMemory.Correct(directions, [3, 3, 7, -3, 3], memory);
        Wrong(row, [3], memory)[0].ShouldBe(0, 0.01);
        memory.ShouldBe([.. row.Select(x => x * 3 / 6.25f)], 0.002);

        float[] kept = [1, 2, 3, 4];
        ResidualMemory.Correct(new float[8], [1, -1], kept);
        kept.ShouldBe([1, 2, 3, 4]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_slope_that_is_no_number_teaches_nothing_and_spoils_nothing(double slope)
    {
        float[] directions = [1, 0, 0, 0, 1, 0];
        float[] memory = [5, 6, 7];
        ResidualMemory.Correct(directions, [slope, 2], memory);
        memory.ShouldBe([5, 2, 7], 0.01);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-90)]
    public void A_power_of_two_in_the_slopes_is_one_in_the_memory(int exponent)
    {
        var random = new Random(7);
        float[] directions = Normals(random, 70 * 9);
        double[] slopes = [.. Normals(random, 70).Select(s => (double)s)];
        double factor = Math.ScaleB(1, exponent);
        var memory = new float[9];
        var scaled = new float[9];
        ResidualMemory.Correct(directions, slopes, memory);
        ResidualMemory.Correct(directions, [.. slopes.Select(s => s * factor)], scaled);
        scaled.ShouldBe(memory.Select(g => (float)(g * factor)));
    }

    // G += (UᵀU + εI)⁻¹ Uᵀ (s − U G), the same by another route: a d × d system, by Gauss's elimination.
    private static void Dense(ReadOnlySpan<float> directions, ReadOnlySpan<double> slopes, double[] memory)
    {
        int d = memory.Length;
        int rows = slopes.Length;
        var system = new double[d, d + 1];
        double trace = 0;
        for (int row = 0; row < rows; row++)
        {
            double wrong = slopes[row];
            for (int i = 0; i < d; i++)
            {
                wrong -= directions[(row * d) + i] * memory[i];
            }

            for (int i = 0; i < d; i++)
            {
                double u = directions[(row * d) + i];
                trace += u * u;
                system[i, d] += u * wrong;
                for (int j = 0; j < d; j++)
                {
                    system[i, j] += u * directions[(row * d) + j];
                }
            }
        }

        for (int i = 0; i < d; i++)
        {
            system[i, i] += Ridge * trace / rows;
        }

        for (int pivot = 0; pivot < d; pivot++)
        {
            int largest = Enumerable.Range(pivot, d - pivot).MaxBy(row => Math.Abs(system[row, pivot]));
            for (int j = 0; j <= d; j++)
            {
                (system[pivot, j], system[largest, j]) = (system[largest, j], system[pivot, j]);
            }

            for (int row = 0; row < d; row++)
            {
                double factor = row == pivot ? 0 : system[row, pivot] / system[pivot, pivot];
                for (int j = pivot; j <= d; j++)
                {
                    system[row, j] -= factor * system[pivot, j];
                }
            }
        }

        for (int i = 0; i < d; i++)
        {
            memory[i] += system[i, d] / system[i, i];
        }
    }

    private static double[] Slopes(float[] directions, float[] gradient) => Wrong(directions, new double[directions.Length / gradient.Length], [.. gradient.Select(g => -g)]);

    // s − U G.
    private static double[] Wrong(float[] directions, double[] slopes, float[] memory) =>
    [
        .. slopes.Select((s, row) => s - memory.Select((g, i) => (double)g * directions[(row * memory.Length) + i]).Sum()),
    ];

    // Takes out what lies along the rows, by Gram and Schmidt.
    private static void Project(float[] directions, double[] vector)
    {
        int d = vector.Length;
        var basis = new List<double[]>();
        for (int row = 0; row * d < directions.Length; row++)
        {
            double[] unit = [.. directions.Skip(row * d).Take(d).Select(x => (double)x)];
            basis.ForEach(b => Remove(b, unit));
            double length = Length(unit);
            basis.Add([.. unit.Select(x => x / length)]);
        }

        basis.ForEach(b => Remove(b, vector));

        static void Remove(double[] unit, double[] from)
        {
            double along = unit.Zip(from, (a, b) => a * b).Sum();
            for (int i = 0; i < from.Length; i++)
            {
                from[i] -= along * unit[i];
            }
        }
    }

    private static double Length(double[] vector) => Math.Sqrt(vector.Sum(x => x * x));

    private static float[] Normals(Random random, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))),
    ];
}

using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Methods;

public sealed class SquareAttackTests
{
    private static readonly ImageShape Shape = new(3, 9, 8);
    private static readonly float[] Image = [.. Enumerable.Range(0, Shape.Length).Select(i => 0.3f + (0.4f * ((i * 13) % 31) / 31))];

    [Theory]
    [InlineData(0, 5000, 0.05)]
    [InlineData(5, 5000, 0.05)]
    [InlineData(6, 5000, 0.025)]
    [InlineData(25, 5000, 0.025)]
    [InlineData(26, 5000, 0.0125)]
    [InlineData(1001, 5000, 0.05 / 64)]
    [InlineData(4999, 5000, 0.05 / 512)]
    [InlineData(1001, 10000, 0.05 / 32)]
    public void The_share_of_a_square_halves_at_the_published_steps_scaled_to_the_run(int done, int steps, double share) =>
        SquareAttack.Share(0.05, done, steps).ShouldBe(share, 1e-12);

    [Fact]
    public void In_the_box_it_starts_with_stripes_then_sets_one_square_and_keeps_what_is_better()
    {
        StepDriver driver = Drive(new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.125 }, steps: 300);
        const float epsilon = 0.125f;
        driver.Ask();
        float[] stripes = [.. driver.Directions];
        stripes.ShouldAllBe(change => Math.Abs(change) == epsilon);
        for (int i = 0; i < stripes.Length; i++)
        {
            stripes[i].ShouldBe(stripes[(i / 72 * 72) + (i % 8)], "a column of a channel has one sign");
        }

        double best = Tell(driver, 5);
        driver.Theta.ToArray().ShouldBe(stripes);
        var random = new Random(1);
        bool reachesLastRow = false, reachesLastColumn = false;
        for (int step = 2; step <= 300; step++)
        {
            float[] before = [.. driver.Theta];
            driver.Ask();
            float[] point = [.. driver.Directions];
            int[] changed = [.. Enumerable.Range(0, point.Length).Where(i => point[i] != before[i])];
            changed.ShouldNotBeEmpty();
            point.ShouldAllBe(change => Math.Abs(change) == epsilon);
            int side = Math.Max(1, (int)Math.Round(Math.Sqrt(SquareAttack.Share(0.05, step - 2, 300) * 72)));
            int[] rows = [.. changed.Select(i => i / 8 % 9)], columns = [.. changed.Select(i => i % 8)];
            (rows.Max() - rows.Min()).ShouldBeLessThan(side);
            (columns.Max() - columns.Min()).ShouldBeLessThan(side);
            foreach (var channel in changed.GroupBy(i => i / 72))
            {
                channel.Select(i => point[i]).Distinct().Count().ShouldBe(1, "a square of a channel has one sign");
            }

            reachesLastRow |= rows.Max() == 8;
            reachesLastColumn |= columns.Max() == 7;
            double loss = random.Next(2, 9);
            Tell(driver, loss);
            driver.Theta.ToArray().ShouldBe(loss < best ? point : before);
            best = Math.Min(best, loss);
        }

        (reachesLastRow, reachesLastColumn).ShouldBe((true, true));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void Bumps_are_those_of_the_published_code(int side)
    {
        double[,] expected = Published(side);
        var pattern = new float[side * side];
        SquareAttack.Bumps(side, false, pattern);
        for (int i = 0; i < pattern.Length; i++)
        {
            pattern[i].ShouldBe((float)expected[i / side, i % side], 1e-6f);
        }

        float[] turned = new float[side * side];
        SquareAttack.Bumps(side, true, turned);
        for (int i = 0; i < pattern.Length; i++)
        {
            turned[i].ShouldBe(pattern[(i % side * side) + (i / side)]);
        }
    }

    [Fact]
    public void In_the_sphere_every_step_is_one_of_the_published_moves()
    {
        // One channel of 4 × 4 and windows of 3 × 3: 4 places for each of two windows, 2 turns, 2 signs.
        const int Side = 3, Width = 4;
        const double Epsilon = 0.7;
        float[] image = new float[Width * Width];
        Array.Fill(image, 0.5f);
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { Norm = DistortionNorm.L2, Epsilon = Epsilon }) { Shape = new ImageShape(1, Width, Width) };
        var driver = new StepDriver(objective, new OptimizerRegistry().Create("square"), 1, RandomKey.FromSeed(3), 50);
        double loss = 100;
        for (int step = 1; step <= 20; step++)
        {
            double[] before = [.. driver.Theta.ToArray().Select(x => (double)x)];
            driver.Ask();
            float[] point = [.. driver.Directions];
            Math.Sqrt(point.Sum(x => (double)x * x)).ShouldBe(Epsilon, 1e-6);
            if (step > 1)
            {
                Moves(before, Side, Width, Epsilon).Min(move => move.Zip(point, (a, b) => Math.Abs(a - b)).Max()).ShouldBeLessThan(1e-5);
            }

            Tell(driver, loss--);
        }
    }

    // A port of the published code in doubles, of every outcome of its random draws.
    private static IEnumerable<double[]> Moves(double[] delta, int side, int width, double epsilon)
    {
        double[,] bumps = Published(side);
        foreach (int sign in (int[])[-1, 1])
        {
            foreach (bool turned in (bool[])[false, true])
            {
                for (int place = 0; place < 16; place++)
                {
                    (int y1, int x1, int y2, int x2) = (place & 1, (place >> 1) & 1, (place >> 2) & 1, (place >> 3) & 1);
                    bool In1(int i) => i / width >= y1 && i / width < y1 + side && i % width >= x1 && i % width < x1 + side;
                    bool In2(int i) => i / width >= y2 && i / width < y2 + side && i % width >= x2 && i % width < x2 + side;
                    double total = delta.Sum(x => x * x), window = delta.Where((_, i) => In1(i)).Sum(x => x * x), both = delta.Where((_, i) => In1(i) || In2(i)).Sum(x => x * x);
                    double[] next = [.. delta];
                    for (int i = 0; i < next.Length; i++)
                    {
                        if (In1(i))
                        {
                            (int y, int x) = ((i / width) - y1, (i % width) - x1);
                            next[i] = (sign * (turned ? bumps[x, y] : bumps[y, x])) + (delta[i] / (1e-10 + Math.Sqrt(window)));
                        }
                        else if (In2(i))
                        {
                            next[i] = 0;
                        }
                    }

                    double length = Math.Sqrt(next.Where((_, i) => In1(i)).Sum(x => x * x)), available = Math.Sqrt(Math.Max((epsilon * epsilon) - total, 0) + both);
                    for (int i = 0; i < next.Length; i++)
                    {
                        next[i] *= In1(i) ? available / length : 1;
                    }

                    double norm = Math.Sqrt(next.Sum(x => x * x));
                    yield return [.. next.Select(x => x / norm * epsilon)];
                }
            }
        }
    }

    private static double[,] Published(int side)
    {
        var pattern = new double[side, side];
        Add(0, side / 2, 1);
        Add(side / 2, side - (side / 2), -1);
        double norm = Math.Sqrt(pattern.Cast<double>().Sum(x => x * x));
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                pattern[y, x] /= norm;
            }
        }

        return pattern;

        void Add(int from, int height, int sign)
        {
            var part = new double[height, side];
            (int xc, int yc) = ((height / 2) + 1, (side / 2) + 1);
            (int top, int left) = (xc - 1, yc - 1);
            for (int ring = 0; ring < Math.Max(xc, yc); ring++)
            {
                for (int y = Math.Max(top, 0); y < Math.Min(top + (2 * ring) + 1, height); y++)
                {
                    for (int x = Math.Max(left, 0); x < Math.Min(left + (2 * ring) + 1, side); x++)
                    {
                        part[y, x] += 1.0 / ((ring + 1) * (ring + 1));
                    }
                }

                (top, left) = (top - 1, left - 1);
            }

            double length = Math.Sqrt(part.Cast<double>().Sum(x => x * x));
            for (int i = 0; i < height * side; i++)
            {
                pattern[from + (i / side), i % side] = sign * part[i / side, i % side] / length;
            }
        }
    }

    private static StepDriver Drive(AttackLoss loss, int steps) => new(new AttackObjective(Image, 0, 2, loss) { Shape = Shape }, new OptimizerRegistry().Create("square"), 1, RandomKey.FromSeed(7), steps);

    private static double Tell(StepDriver driver, double loss)
    {
        driver.Rows.ShouldBe(1);
        driver.Answers[0] = new Evaluation(loss, loss, false, loss);
        driver.Tell();
        return loss;
    }
}

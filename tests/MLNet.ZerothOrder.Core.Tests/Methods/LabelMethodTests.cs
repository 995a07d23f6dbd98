using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Methods;

/// <summary>The methods that see only labels, on a plane whose distance is known, and Bandits-TD beside its published rule.</summary>
public sealed class LabelMethodTests
{
    private static readonly ImageShape Shape = new(1, 5, 6);
    private static readonly double[] Normal = [.. Enumerable.Range(0, 30).Select(i => Math.Sin((i * 2) + 1) + (i % 3 == 0 ? 0.5 : 0))];
    private const double Offset = 1.5;

    [Theory]
    [InlineData("rays", DistortionNorm.LInfinity, 600, 1.01)]
    [InlineData("hopskipjump", DistortionNorm.L2, 3000, 1.05)]
    [InlineData("hopskipjump", DistortionNorm.LInfinity, 3000, 1.25)]
    [InlineData("boundary", DistortionNorm.L2, 6000, 1.1)]
    public void A_method_that_sees_labels_nearly_finds_the_nearest_point_of_another_class(string method, DistortionNorm norm, long budget, double factor)
    {
        // Every pixel is in the middle of the box, where the nearest points of the plane lie.
        double nearest = Offset / (norm == DistortionNorm.L2 ? Math.Sqrt(Normal.Sum(w => w * w)) : Normal.Sum(Math.Abs));
        foreach (int seed in (int[])[1, 2, 3])
        {
            Problem problem = Run(method, new AttackLoss { Norm = norm, LabelsOnly = true }, budget, seed);
            problem.BestLoss.ShouldBeInRange(nearest * (1 - 1e-5), nearest * factor);
            problem.BestSolvedInput.ShouldNotBeNull();
            problem.Ledger.Charged.ShouldBe(budget);
        }
    }

    [Fact]
    public void Surfree_nearly_finds_the_nearest_point_of_a_plane_whose_normal_is_of_low_frequency()
    {
        var normal = new float[30];
        foreach (int frequency in (int[])[1, 6, 7, 12])
        {
            SimbaAttack.AddCosine(Shape, frequency, frequency % 2 == 0 ? 1 : -0.7f, normal);
        }

        double nearest = 0.4, length = Math.Sqrt(normal.Sum(w => (double)w * w));
        foreach (int seed in (int[])[1, 2, 3])
        {
            Problem problem = Run("surfree", new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true }, 3000, seed, input => nearest - (input.ToArray().Zip(normal, (x, w) => (x - 0.5) * w).Sum() / length));
            problem.BestLoss.ShouldBeInRange(nearest * (1 - 1e-5), nearest * 1.05);
            problem.Ledger.Charged.ShouldBe(3000);
        }
    }

    [Fact]
    public void Surfree_asks_both_sides_of_a_circle_and_bisects_between_the_first_angle_that_fails_and_the_last_that_does_not()
    {
        StepDriver driver = Drive("surfree", new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true }, 1);
        Start(driver);
        double largest = 30, inner = 0, outer = 0;
        string phase = "plus";
        var directions = new List<double[]>();
        for (int step = 0; step < 400; step++)
        {
            double[] theta = [.. driver.Theta.ToArray().Select(x => (double)x)];
            double distance = Math.Sqrt(Dot(theta, theta));
            driver.Ask();
            double angle = phase switch { "plus" => largest, "minus" => -largest, "extend" => outer, _ => (inner + outer) / 2 } * Math.PI / 180;
            double[] point = [.. driver.Directions.ToArray().Select(x => (double)x)];
            Math.Sqrt(Dot(point, point)).ShouldBe(distance * Math.Cos(angle), 1e-5);
            Dot(point, theta).ShouldBe(Math.Pow(distance * Math.Cos(angle), 2), 1e-5);
            if (phase == "plus")
            {
                double[] direction = [.. point.Zip(theta, (p, t) => (p - (Math.Pow(Math.Cos(angle), 2) * t)) / (distance * Math.Cos(angle) * Math.Sin(angle)))];
                directions.TakeLast(6).ShouldAllBe(earlier => Math.Abs(Dot(earlier, direction)) < 2e-3);
                directions.Add(direction);
            }

            bool isAdversarial = Answer(driver);
            if (phase == "bisect")
            {
                (inner, outer) = isAdversarial ? ((inner + outer) / 2, outer) : (inner, (inner + outer) / 2);
            }
            else if (isAdversarial)
            {
                inner = angle * 180 / Math.PI;
                outer = Math.Clamp(inner + (Math.Sign(inner) * largest), -90, 90);
                phase = Math.Abs(outer) == 90 ? "bisect" : "extend";
            }
            else if (phase == "minus")
            {
                (phase, largest) = ("plus", largest * 0.98);
            }
            else
            {
                phase = phase == "plus" ? "minus" : "bisect";
            }

            if (phase == "bisect" && Math.Abs(Math.Cos(inner * Math.PI / 180) - Math.Cos(outer * Math.PI / 180)) <= 0.01)
            {
                (phase, largest) = ("plus", largest / 0.98);
            }
        }

        directions.Count.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Boundary_asks_every_tenth_point_on_the_sphere_and_all_of_them_a_hundredth_nearer()
    {
        StepDriver driver = Drive("boundary", new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true }, 1);
        Start(driver);
        for (int point = 0; point < 60; point++)
        {
            for (int asked = point % 10 == 0 ? 0 : 1; asked < 2; asked++)
            {
                double[] theta = [.. driver.Theta.ToArray().Select(x => (double)x)];
                double distance = Math.Sqrt(Dot(theta, theta));
                driver.Ask();
                double[] change = [.. driver.Directions.ToArray().Select(x => (double)x)];
                Math.Sqrt(Dot(change, change)).ShouldBe(distance * (asked == 0 ? 1 : 0.99), 1e-5);
                (Dot(change, theta) / Dot(theta, theta)).ShouldBe((asked == 0 ? 1 : 0.99) / Math.Sqrt(1.0001), 1e-5, "a hundredth of the distance to the side");
                bool isAdversarial = Answer(driver);
                driver.Theta.ToArray().SequenceEqual(change.Select(x => (float)x)).ShouldBe(asked == 1 && isAdversarial);
            }
        }
    }

    [Fact]
    public void A_start_is_asked_first_and_followed_from_there()
    {
        float[] start = Enumerable.Repeat(0.5f, 30).Select((x, i) => x + (0.2f * Math.Sign(Normal[i]))).ToArray();
        foreach (string method in (string[])["boundary", "hopskipjump", "surfree"])
        {
            var objective = new AttackObjective(Enumerable.Repeat(0.5f, 30).ToArray(), 0, 2, new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, Target = 1 }) { Shape = Shape, Start = start };
            var driver = new StepDriver(objective, new OptimizerRegistry().Create(method), 1, RandomKey.FromSeed(1), 1000);
            driver.Ask();
            driver.Directions.ToArray().Zip(start).ShouldAllBe(pair => Math.Abs(pair.First + 0.5f - pair.Second) < 1e-6);
            Answer(driver).ShouldBeTrue();
            driver.Ask();
            Math.Sqrt(driver.Directions[..30].ToArray().Sum(x => (double)x * x)).ShouldBeLessThanOrEqualTo(0.2 * Math.Sqrt(30) * 1.0001, "no image that is farther away than the start");
        }
    }

    [Fact]
    public void Labels_give_a_success_only_within_the_ball()
    {
        double nearest = Offset / Normal.Sum(Math.Abs);
        var loss = new AttackLoss { Norm = DistortionNorm.LInfinity, LabelsOnly = true };
        Run("rays", loss with { Epsilon = nearest * 0.98 }, 600, 1).BestSolvedInput.ShouldBeNull();
        Problem problem = Run("rays", loss with { Epsilon = nearest * 1.02 }, 600, 1);
        problem.BestSolvedInput.ShouldNotBeNull();
        problem.BestSolvedLoss.ShouldBeLessThanOrEqualTo(nearest * 1.02);
    }

    [Fact]
    public void Hop_skip_jump_asks_a_hundred_labels_times_the_root_of_the_iteration_and_points_of_the_published_size()
    {
        StepDriver driver = Drive("hopskipjump", new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true }, 1);
        var estimates = new List<int>();
        var radii = new List<double>();
        int rows = 0;
        for (int step = 0; step < 200; step++)
        {
            driver.Ask();
            if (driver.Rows > 1)
            {
                rows += driver.Rows;
                double radius = Math.Sqrt(driver.Theta.ToArray().Zip(driver.Directions.ToArray(), (theta, point) => Math.Pow(point - theta, 2)).Sum());
                radii.Add(radius);
            }
            else if (rows > 0)
            {
                estimates.Add(rows);
                rows = 0;
            }

            Answer(driver);
        }

        estimates.Take(4).ShouldBe([100, 141, 173, 200]);
        radii.Take(4).ShouldAllBe(radius => Math.Abs(radius - 0.1) < 1e-5, "the first is a tenth of the box, and 25 points are asked at a time");
    }

    [Fact]
    public void Rays_tries_the_flipped_vector_at_the_smallest_radius_and_bisects_only_if_that_is_adversarial()
    {
        StepDriver driver = Drive("rays", new AttackLoss { Norm = DistortionNorm.LInfinity, LabelsOnly = true }, 1);
        double radius = 1, low = 0, high = 0;
        bool bisects = false;
        for (int step = 0; step < 300; step++)
        {
            driver.Ask();
            double asked = driver.Directions.ToArray().Max(Math.Abs);
            asked.ShouldBe(bisects ? (low + high) / 2 : radius, 1e-6);
            bool isAdversarial = Answer(driver);
            if (bisects)
            {
                (low, high) = isAdversarial ? (low, asked) : (asked, high);
                if (high - low <= 1e-3 / Math.Sqrt(30))
                {
                    (bisects, radius) = (false, high);
                }
            }
            else if (isAdversarial)
            {
                (bisects, low, high) = (true, 0, radius);
            }
        }
    }

    [Theory]
    [InlineData(DistortionNorm.LInfinity)]
    [InlineData(DistortionNorm.L2)]
    public void Bandits_corrects_its_prior_and_moves_as_published(DistortionNorm norm)
    {
        bool isBox = norm == DistortionNorm.LInfinity;
        (double imageRate, double priorRate, double exploration, double difference) = isBox ? (0.01, 100.0, 1.0, 0.1) : (0.5, 0.1, 0.01, 0.01);
        float[] image = Enumerable.Repeat(0.5f, 30).ToArray();
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { Norm = norm, Epsilon = isBox ? 0.3 : 0.6 }) { Shape = Shape };
        var driver = new StepDriver(objective, new OptimizerRegistry().Create("bandits"), 1, RandomKey.FromSeed(5), 100);
        double[] prior = new double[30];
        for (int step = 1; step <= 12; step++)
        {
            double[] theta = [.. driver.Theta.ToArray().Select(x => (double)x)];
            driver.Ask();
            driver.Rows.ShouldBe(2);
            double[][] asked = [.. Enumerable.Range(0, 2).Select(row => driver.Directions.Slice(row * 30, 30).ToArray().Select((x, i) => x - theta[i]).ToArray())];
            asked.ShouldAllBe(move => Math.Abs(Math.Sqrt(move.Sum(x => x * x)) - difference) < 1e-5 * difference + 1e-7);

            // The noise, from the documented stream of the step.
            var noise = new float[30];
            CounterRandom.Normals(RandomKey.FromSeed(5).Derive((ulong)step), noise);
            double[] explored = [.. noise.Select(z => z * exploration / Math.Sqrt(30))];
            for (int row = 0; row < 2; row++)
            {
                double[] q = [.. prior.Select((p, i) => p + ((row == 0 ? 1 : -1) * explored[i]))];
                double length = Math.Sqrt(q.Sum(x => x * x));
                for (int i = 0; i < 30; i++)
                {
                    asked[row][i].ShouldBe(q[i] / length * difference, 1e-5);
                }

                // The published code raises a loss, the negative margin.
                double loss = driver.Directions.Slice(row * 30, 30).ToArray().Zip(Normal, (x, w) => x * w).Sum();
                driver.Answers[row] = new Evaluation(loss, loss, false, loss);
            }

            double derivative = (-driver.Answers[0].Loss + driver.Answers[1].Loss) / (difference * exploration);
            for (int i = 0; i < 30; i++)
            {
                double gradient = derivative * explored[i];
                if (isBox)
                {
                    // Where float32 would reach ±1 and stay there, the prior stops just before.
                    double share = (Math.Clamp(prior[i], -1 + 1e-7, 1 - 1e-7) + 1) / 2, up = share * Math.Exp(priorRate * gradient), down = (1 - share) * Math.Exp(-priorRate * gradient);
                    prior[i] = (2 * up / (up + down)) - 1;
                }
                else
                {
                    prior[i] += priorRate * gradient;
                }

                prior[i] = (float)prior[i];
            }

            driver.Tell();
            double size = Math.Sqrt(prior.Sum(p => p * p));
            double[] moved = [.. theta.Select((x, i) => x + (imageRate * (isBox ? Math.Sign(prior[i]) : prior[i] / size)))];
            double norm2 = Math.Sqrt(moved.Sum(x => x * x));
            for (int i = 0; i < 30; i++)
            {
                double projected = isBox ? Math.Clamp(moved[i], -0.3, 0.3) : moved[i] * Math.Min(1, 0.6 / norm2);
                ((double)driver.Theta[i]).ShouldBe(projected, 2e-3 * imageRate, $"step {step}");
            }
        }
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    // To the method's first own point: random images until one is of another class, then a thousandth of the way.
    private static void Start(StepDriver driver)
    {
        do
        {
            driver.Ask();
        }
        while (!Answer(driver));

        for (double share = 1; share >= 1e-3; share /= 2)
        {
            driver.Ask();
            Answer(driver);
        }
    }

    private static Problem Run(string method, AttackLoss loss, long budget, int seed, Func<ReadOnlySpan<float>, double>? margin = null)
    {
        var problem = new Problem("p", Objective(loss), new OptimizerRegistry().Create(method), 1, RandomKey.FromSeed(seed), new RunLimits { Iterations = int.MaxValue, Budget = budget });
        using var oracle = new DelegateOracle(30, 2, (input, _, scores) => (scores[0], scores[1]) = ((float)(margin is null ? Margin(input) : margin(input)), 0));
        new BatchedEngine(oracle).Run([problem]);
        return problem;
    }

    private static double Margin(ReadOnlySpan<float> input)
    {
        double margin = Offset;
        for (int i = 0; i < input.Length; i++)
        {
            margin -= Normal[i] * (input[i] - 0.5);
        }

        return margin;
    }

    private static AttackObjective Objective(AttackLoss loss) => new(Enumerable.Repeat(0.5f, 30).ToArray(), 0, 2, loss) { Shape = Shape };

    private static StepDriver Drive(string method, AttackLoss loss, int seed) => new(Objective(loss), new OptimizerRegistry().Create(method), 1, RandomKey.FromSeed(seed), 1000);

    private static bool Answer(StepDriver driver)
    {
        var input = new float[30];
        var isAdversarial = false;
        for (int row = 0; row < driver.Rows; row++)
        {
            driver.WriteRow(row, default, input);
            isAdversarial = driver.Answer(row, input, [(float)Margin(input), 0]).Queried < 0;
        }

        driver.Tell();
        return isAdversarial;
    }
}

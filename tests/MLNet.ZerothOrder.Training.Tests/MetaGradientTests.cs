using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class MetaGradientTests
{
    private static readonly TrainerOptions Options = new() { SideBySide = 1, LearningRate = 1e-3, FinalRate = 1, Horizon = 9, Smoothing = 1e-2, Gradient = MetaGradient.Coordinatewise };

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Coordinatewise_it_is_a_bent_functions_gradient_for_2d_queries(int dimension)
    {
        var objective = new BentObjective(dimension);
        float[] theta = Models.Normals(RandomKey.FromSeed(1), dimension, 0.3f);

        TinyRun run = new TinyRun(objective, theta, Options, RandomKey.FromSeed(2)).Step();

        Close(run.QueriedGradient, Exact(objective, theta), 1e-5);

        // ω_1 = 1.
        run.LossGradient.ShouldBe(run.QueriedGradient);
        run.Rows.ShouldBe(3 + 3 + (2 * dimension));
    }

    [Fact]
    public void Random_directions_are_unbiased_and_a_memory_of_earlier_answers_makes_them_less_noisy()
    {
        const int Dimension = 5, Keys = 4000;
        var objective = new BentObjective(Dimension);
        float[] theta = Models.Normals(RandomKey.FromSeed(1), Dimension, 0.3f);
        float[] exact = Exact(objective, theta);
        TrainerOptions options = Options with { Gradient = MetaGradient.Directions(3), Horizon = 3 };
        var noise = new double[3];
        var sums = new double[3, Dimension];
        var squares = new double[3, Dimension];
        for (int key = 0; key < Keys; key++)
        {
            var run = new TinyRun(objective, theta, options, RandomKey.FromSeed(key));
            for (int t = 0; t < 3; t++)
            {
                float[] gradient = run.Step().QueriedGradient;
                for (int i = 0; i < Dimension; i++)
                {
                    double error = gradient[i] - exact[i];
                    sums[t, i] += error;
                    squares[t, i] += error * error;
                    noise[t] += error * error / Keys;
                }
            }

            run.Rows.ShouldBe(3 + 6 + 6 + 4);
        }

        for (int t = 0; t < 3; t++)
        {
            for (int i = 0; i < Dimension; i++)
            {
                double standardError = Math.Sqrt(squares[t, i]) / Keys;
                Math.Abs(sums[t, i] / Keys).ShouldBeLessThan(5 * standardError, $"step {t + 1}, coordinate {i}");
            }
        }

        // From 3 + 2 directions in 5 dimensions the memory knows most, at the same θ.
        noise[1].ShouldBeLessThan(0.4 * noise[0]);
        noise[2].ShouldBeLessThan(0.4 * noise[0]);
    }

    [Theory]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void The_known_parts_gradient_is_added_and_outside_the_box_there_is_none(DistortionNorm norm)
    {
        const int Dimension = 30;
        const double Nudge = 1e-4;
        KnownTerm term = BentObjective.Term(Dimension, norm, weight: 0.7);
        var objective = new BentObjective(Dimension, term, height: 30);
        for (int seed = 0; seed < 20; seed++)
        {
            // Some are beyond the box.
            float[] theta = Models.Normals(RandomKey.FromSeed(seed), Dimension, seed % 2 == 0 ? 0.4f : 0.2f);

            TinyRun run = new TinyRun(objective, theta, Options with { Smoothing = 1e-3 }, RandomKey.FromSeed(2)).Step();

            for (int i = 0; i < Dimension; i++)
            {
                float low = term.Lower.Span[i], high = term.Upper.Span[i];
                double[] distances = [theta[i] - (double)low, high - (double)theta[i]];
                if (distances.Any(room => Math.Abs(room) < 2e-3) || Math.Abs(theta[i] - term.Center.Span[i]) < 2e-3)
                {
                    // A kink.
                    continue;
                }

                float up = theta[i] + (float)Nudge, down = theta[i] - (float)Nudge;
                double expected = (Loss(i, up) - Loss(i, down)) / (up - (double)down);
                ((double)run.LossGradient[i]).ShouldBe(expected, 3e-3, $"seed {seed}, coordinate {i}");
                if (distances.Any(room => room < 0))
                {
                    run.LossGradient[i].ShouldBe(0);
                }
            }

            double Loss(int i, float at)
            {
                float[] moved = [.. theta];
                moved[i] = at;
                return objective.Loss(moved);
            }
        }
    }

    [Fact]
    public void At_the_center_the_norms_have_no_slope()
    {
        const int Dimension = 10;
        foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
        {
            KnownTerm term = BentObjective.Term(Dimension, norm, weight: 1000);

            TinyRun run = new TinyRun(new BentObjective(Dimension, term, height: 30), term.Center.ToArray(), Options, RandomKey.FromSeed(2)).Step();

            run.LossGradient.ShouldBe(run.QueriedGradient);
        }
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(30, true)]
    public void Below_the_floor_the_queried_part_has_no_slope(double height, bool isAbove)
    {
        const int Dimension = 10;
        var term = new KnownTerm(0, 0.5, DistortionNorm.L1, new float[Dimension], Filled(-9), Filled(9));
        var objective = new BentObjective(Dimension, term, height);
        float[] theta = [.. Models.Normals(RandomKey.FromSeed(1), Dimension, 0.01f)];

        TinyRun run = new TinyRun(objective, theta, Options, RandomKey.FromSeed(2)).Step();

        (objective.Queried(theta) > 0).ShouldBe(isAbove);
        Close(run.QueriedGradient, Exact(objective, theta), 1e-4);
        Close(run.LossGradient, [.. run.QueriedGradient.Select((g, i) => (isAbove ? g : 0) + (0.5f * Math.Sign(theta[i])))], 1e-6);

        static float[] Filled(float value) => [.. Enumerable.Repeat(value, Dimension)];
    }

    [Fact]
    public void A_supplied_gradient_costs_no_query_and_is_that_of_the_queried_part()
    {
        const int Dimension = 6;
        var objective = new BentObjective(Dimension);
        float[] theta = Models.Normals(RandomKey.FromSeed(1), Dimension, 0.3f);
        int calls = 0;
        TrainerOptions options = Options with
        {
            Gradient = MetaGradient.Supplied((problem, at, gradient) =>
            {
                calls++;
                problem.Objective.ShouldBeSameAs(objective);
                at.ToArray().ShouldBe(theta);
                objective.Gradient(at, gradient);
            }),
        };

        var run = new TinyRun(objective, theta, options, RandomKey.FromSeed(2));
        calls.ShouldBe(0);
        run.Step();

        calls.ShouldBe(1);
        run.LossGradient.ShouldBe(Exact(objective, theta));
        run.Step();
        calls.ShouldBe(2);
        run.Rows.ShouldBe(9);
    }

    [Theory]
    [InlineData(MetaObjective.Linear)]
    [InlineData(MetaObjective.Logarithmic)]
    [InlineData(MetaObjective.Mean)]
    public void Weights_are_the_slopes_of_what_checkpoints_are_selected_by(MetaObjective objective)
    {
        double[] losses = [3, 2.5, 0.1, 0.7, 1e-3];
        int horizon = losses.Length - 1;
        double weights = Enumerable.Range(1, horizon).Sum(t => objective switch
        {
            MetaObjective.Linear => t,
            MetaObjective.Mean => 1,
            _ => 0.5 + ((double)t / horizon),
        });
        for (int t = 1; t <= horizon; t++)
        {
            double nudge = 1e-6 * losses[t];
            double[] up = [.. losses], down = [.. losses];
            up[t] += nudge;
            down[t] -= nudge;

            double slope = (objective.Value(up) - objective.Value(down)) / (2 * nudge) * weights;

            objective.Weight(t, horizon, losses[t], losses[0]).ShouldBe(slope, 1e-6 * slope);
        }
    }

    [Fact]
    public void Where_the_scale_is_the_objectives_own_the_loss_may_be_multiplied()
    {
        double[] losses = [3, 2.5, 0.1, 0.7];
        double[] scaled = [.. losses.Select(f => 1000 * f)];

        MetaObjective.Mean.Value(scaled).ShouldBe(MetaObjective.Mean.Value(losses), 1e-12);
        (MetaObjective.Logarithmic.Value(scaled) - MetaObjective.Logarithmic.Value(losses)).ShouldBe(Math.Log(1000), 1e-12);
        MetaObjective.Linear.Value(losses).ShouldBe((2.5 + (2 * 0.1) + (3 * 0.7)) / 6, 1e-12);
    }

    [Theory]
    [InlineData("coordinatewise", 784, 1568)]
    [InlineData("directions:64", 784, 64)]
    [InlineData("directions:1", 3, 1)]
    public void Is_read_as_it_is_written(string text, int dimension, int rows)
    {
        MetaGradient gradient = MetaGradient.Parse(text);

        gradient.ToString().ShouldBe(text);
        gradient.Rows(dimension).ShouldBe(rows);
        MetaGradient.Supplied((_, _, _) => { }).Rows(dimension).ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Coordinatewise")]
    [InlineData("directions")]
    [InlineData("directions:")]
    [InlineData("directions:0")]
    [InlineData("directions:-3")]
    [InlineData("directions:1000001")]
    [InlineData("directions:6 4")]
    public void Anything_else_is_refused(string text) =>
        Should.Throw<InputException>(() => MetaGradient.Parse(text)).Message.ShouldContain("such as directions:64");

    private static float[] Exact(BentObjective objective, float[] theta)
    {
        var gradient = new float[theta.Length];
        objective.Gradient(theta, gradient);
        return gradient;
    }

    private static void Close(float[] actual, float[] expected, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            ((double)actual[i]).ShouldBe(expected[i], tolerance, $"coordinate {i}");
        }
    }
}

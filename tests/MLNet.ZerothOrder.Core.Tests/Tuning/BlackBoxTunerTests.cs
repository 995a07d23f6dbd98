using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

public sealed class BlackBoxTunerTests
{
    private static readonly BoxBounds Square = new([-2, 10], [4, 11]);

    private static double Bowl(ReadOnlySpan<float> x) => ((x[0] - 1.5) * (x[0] - 1.5)) + ((x[1] - 10.2) * (x[1] - 10.2));

    [Fact]
    public void The_first_point_is_the_start_to_the_last_bit_or_else_the_centre()
    {
        float[] start = [0.1f, 10.3f];
        new BlackBoxTuner(Square, new TunerOptions { Start = start }).Ask(1)[0].ShouldBe(start);
        new BlackBoxTuner(Square).Ask(1)[0].ShouldBe([1, 10.5f]);
    }

    [Fact]
    public void The_exploration_has_one_value_in_each_of_equal_strata_of_each_coordinate()
    {
        IReadOnlyList<float[]> points = new BlackBoxTuner(Square, new TunerOptions { Exploration = 9 }).Ask();

        points.Count.ShouldBe(9);
        points.Skip(1).Select(p => (int)((p[0] + 2) / 6 * 8)).Order().ShouldBe(Enumerable.Range(0, 8));
        points.Skip(1).Select(p => (int)((p[1] - 10) * 8)).Order().ShouldBe(Enumerable.Range(0, 8));
    }

    [Fact]
    public void Another_seed_gives_other_points()
    {
        float[] First(long seed) => new BlackBoxTuner(Square, new TunerOptions { Seed = seed }).Ask(2)[1];
        First(1).ShouldNotBe(First(2));
    }

    [Fact]
    public void Slopes_that_vanish_at_a_tiny_smoothing_are_seen_at_the_default_one()
    {
        static double Steps(ReadOnlySpan<float> x) => Math.Floor(20 * (x[0] + x[1]));
        TunerOptions options = new()
        {
            Optimizer = new OptimizerRegistry().Create("zo-prox", new OptimizerSettings { Directions = 4, StepSize = 0.1 }),
            Start = [0.77f, 0.77f],
            Exploration = 1,
        };
        BoxBounds unit = BoxBounds.Cube(2, 0, 1);
        BlackBoxTuner.Minimize(Steps, unit, options).BestLoss.ShouldBeLessThan(5);
        BlackBoxTuner.Minimize(Steps, unit, options with { Smoothing = 1e-6 }).BestLoss.ShouldBe(Steps([0.77f, 0.77f]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_loss_that_is_not_finite_never_becomes_the_best_and_the_others_are_still_minimized(double bad)
    {
        foreach (string name in new OptimizerRegistry().Names.Append("direct-search"))
        {
            var options = new TunerOptions
            {
                Optimizer = name == "direct-search" ? null : new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 4, StepSize = 0.02 }),
            };

            // A third of the box cannot be used, the start among it.
            TunerResult result = BlackBoxTuner.Minimize(x => x[0] is > 0.4f and < 2.4f && x[1] > 10.4f ? bad : Bowl(x), Square, options);

            result.Trace[0].ShouldBe(bad);
            double.IsFinite(result.BestLoss).ShouldBeTrue(name);
            result.BestLoss.ShouldBeLessThan(1, name);
            Bowl(result.BestPoint.Span).ShouldBe(result.BestLoss);
            result.Trace.Count.ShouldBe(200);
        }
    }

    [Fact]
    public void Where_no_loss_is_finite_the_best_point_is_the_start_and_its_loss_NaN()
    {
        TunerResult result = BlackBoxTuner.Minimize(_ => double.NaN, Square, new TunerOptions { Start = [0, 10] });

        result.BestLoss.ShouldBe(double.NaN);
        result.BestPoint.ToArray().ShouldBe([0, 10]);
        result.Stop.ShouldBe(StopReason.Budget);
        result.Trace.Count.ShouldBe(200);
    }

    [Fact]
    public void What_the_loss_throws_passes_through()
    {
        int asked = 0;
        Should.Throw<TimeZoneNotFoundException>(() => BlackBoxTuner.Minimize(_ => ++asked == 3 ? throw new TimeZoneNotFoundException() : 1, Square));
        asked.ShouldBe(3);
    }

    [Fact]
    public void Cancellation_keeps_what_was_found()
    {
        using var source = new CancellationTokenSource();
        int asked = 0;
        TunerResult result = BlackBoxTuner.Minimize(
            x =>
            {
                if (++asked == 7)
                {
                    source.Cancel();
                }

                return Bowl(x);
            },
            Square,
            new TunerOptions { Budget = null },
            source.Token);

        result.Stop.ShouldBe(StopReason.Cancelled);
        result.Trace.Count.ShouldBe(7);
        result.BestLoss.ShouldBe(result.Trace.Min());
    }

    [Fact]
    public void Cancellation_inside_the_loss_keeps_what_was_found()
    {
        using var source = new CancellationTokenSource();
        int asked = 0;
        TunerResult result = BlackBoxTuner.Minimize(
            x =>
            {
                if (++asked == 4)
                {
                    source.Cancel();
                    source.Token.ThrowIfCancellationRequested();
                }

                return Bowl(x);
            },
            Square,
            cancellation: source.Token);

        result.Stop.ShouldBe(StopReason.Cancelled);
        result.Trace.Count.ShouldBe(3);
    }

    [Fact]
    public void A_goal_that_is_reached_ends_at_once()
    {
        TunerResult result = BlackBoxTuner.Minimize(Bowl, Square, new TunerOptions { Goal = 0.5 });
        result.Stop.ShouldBe(StopReason.Success);
        result.Trace[^1].ShouldBeLessThanOrEqualTo(0.5);
        result.Trace.SkipLast(1).ShouldAllBe(loss => loss > 0.5);
    }

    [Fact]
    public void Patience_ends_after_as_many_evaluations_without_a_better_loss()
    {
        TunerResult result = BlackBoxTuner.Minimize(Bowl, Square, new TunerOptions { Budget = null, Patience = 25 });
        result.Stop.ShouldBe(StopReason.NoImprovement);
        result.Trace.Count.ShouldBe(result.Trace.ToList().IndexOf(result.BestLoss) + 1 + 25);
    }

    [Fact]
    public void A_point_is_evaluated_once_unless_its_loss_is_random()
    {
        static (int All, int Distinct) Count(bool isRandom)
        {
            var points = new List<(float, float)>();
            BlackBoxTuner.Minimize(
                x =>
                {
                    points.Add((x[0], x[1]));
                    return Bowl(x);
                },
                Square,
                new TunerOptions { IsRandom = isRandom, Budget = 100 });
            return (points.Count, points.Distinct().Count());
        }

        Count(false).ShouldBe((100, 100));
        (int all, int distinct) = Count(true);
        all.ShouldBe(100);

        // Every step asks θ again.
        distinct.ShouldBeLessThan(60);
    }

    [Fact]
    public void Coordinates_whose_bounds_are_equal_stay_fixed_and_cost_nothing()
    {
        var points = new List<float[]>();
        TunerResult result = BlackBoxTuner.Minimize(
            x =>
            {
                points.Add(x.ToArray());
                return Bowl(x);
            },
            new BoxBounds([-2, 10.2f], [4, 10.2f]));

        points.ShouldAllBe(p => p[1] == 10.2f);
        result.BestLoss.ShouldBeLessThan(1e-3);
    }

    [Fact]
    public void A_box_that_is_one_point_is_evaluated_once()
    {
        TunerResult result = BlackBoxTuner.Minimize(Bowl, new BoxBounds([1, 10], [1, 10]));
        result.BestPoint.ToArray().ShouldBe([1, 10]);
        result.Trace.ShouldBe([Bowl([1, 10])]);
        result.Stop.ShouldBe(StopReason.NoImprovement);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Tiny_budgets_are_used_up_exactly(int budget)
    {
        TunerResult result = BlackBoxTuner.Minimize(Bowl, Square, new TunerOptions { Budget = budget });
        result.Trace.Count.ShouldBe(budget);
        result.Stop.ShouldBe(StopReason.Budget);
    }

    [Fact]
    public void Batches_hand_over_a_whole_step_and_give_what_single_evaluations_give()
    {
        var options = new TunerOptions { Optimizer = new DirectSearch(8), Budget = 90, Seed = 4 };
        var sizes = new List<int>();
        TunerResult batched = BlackBoxTuner.MinimizeBatches(
            points =>
            {
                sizes.Add(points.Count);
                return [.. points.AsParallel().AsOrdered().Select(point => Bowl(point))];
            },
            Square,
            options);

        sizes[0].ShouldBe(11);
        sizes.Skip(1).SkipLast(1).ShouldAllBe(size => size == 8);
        batched.Trace.ShouldBe(BlackBoxTuner.Minimize(Bowl, Square, options).Trace);
    }

    [Fact]
    public void Asking_twice_or_telling_another_number_of_losses_is_refused()
    {
        var tuner = new BlackBoxTuner(Square);
        tuner.Ask(3);
        Should.Throw<InvalidOperationException>(() => tuner.Ask(1)).Message.ShouldBe("3 points still have no losses; tell their losses before asking again.");
        Should.Throw<InputException>(() => tuner.Tell(1, 2)).Message.ShouldBe("2 losses are given for 3 points; give one per point, NaN for a point without a loss.");
        tuner.Tell(1, 2, 3);
        tuner.BestLoss.ShouldBe(1);
        Should.Throw<InputException>(() => BlackBoxTuner.MinimizeBatches(points => [1], Square)).Message.ShouldContain("1 losses are given for 16 points");
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 1, "Coordinate 1 has the bounds -Infinity … 1; give finite bounds, because steps are relative to the size of the box.")]
    [InlineData(0, float.PositiveInfinity, "Coordinate 1 has the bounds 0 … Infinity; give finite bounds, because steps are relative to the size of the box.")]
    [InlineData(float.NaN, 1, "Coordinate 1 has the bounds NaN … 1; give finite bounds, because steps are relative to the size of the box.")]
    [InlineData(2, 1, "Coordinate 1 has the lower bound 2 above the upper bound 1; swap them.")]
    public void Bounds_that_are_no_box_are_refused_with_the_coordinate(float lower, float upper, string message)
    {
        Should.Throw<InputException>(() => new BoxBounds([0, lower], [1, upper])).Message.ShouldBe(message);
    }

    [Fact]
    public void Other_input_that_cannot_be_used_is_refused_in_one_sentence()
    {
        Should.Throw<InputException>(() => new BoxBounds([], [])).Message.ShouldContain("at least 1");
        Should.Throw<InputException>(() => new BoxBounds([0], [1, 2])).Message.ShouldContain("1 lower and 2 upper");
        Should.Throw<InputException>(() => new BlackBoxTuner(Square, new TunerOptions { Start = [0, 12] })).Message
            .ShouldBe("The start [0, 12] is outside the bounds; give a point inside them.");
        Should.Throw<InputException>(() => new BlackBoxTuner(Square, new TunerOptions { Start = [0, float.NaN] })).Message.ShouldContain("outside the bounds");
        Should.Throw<InputException>(() => new BlackBoxTuner(Square, new TunerOptions { Start = [0] })).Message.ShouldContain("1 numbers");
        Should.Throw<InputException>(() => BlackBoxTuner.Minimize(Bowl, Square, new TunerOptions { Budget = null })).Message.ShouldContain("never end");
        Should.Throw<InputException>(() => new BlackBoxTuner(Square, new TunerOptions { Optimizer = new OptimizerRegistry().Create("zo-adam"), Budget = 20 }))
            .Message.ShouldBe("A step of zo-adam takes 20 evaluations, and a budget of 20 leaves 19 after the exploration; give more budget or fewer directions.");
        Should.Throw<ArgumentOutOfRangeException>(() => new TunerOptions { Budget = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new TunerOptions { Exploration = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new TunerOptions { Smoothing = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new TunerOptions { Patience = 0 });
    }
}

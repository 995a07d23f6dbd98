using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

public sealed class BlackBoxTunerPropertyTests
{
    private static readonly string[] Optimizers = [.. new OptimizerRegistry().Names, "direct-search", "direct-search:4"];

    private sealed record Case(string Optimizer, BoxBounds Bounds, double StepSize, double Smoothing, int Budget, int? Exploration, bool IsRandom, int Loss, int Seed, int Chunk);

    private static Arbitrary<Case> Cases() =>
        (from optimizer in Gen.Elements(Optimizers)
         from bounds in Bounds()
         from stepSize in Gen.Elements(0.01, 1.0, 1e30)
         from smoothing in Gen.Elements(1e-6, 0.05, 3.0)
         from budget in Gen.Choose(12, 60)
         from exploration in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(1, 8).Select(n => (int?)n))
         from isRandom in Gen.Elements(false, true)
         from loss in Gen.Choose(0, 4)
         from seed in Gen.Choose(0, 1000)
         from chunk in Gen.Choose(1, 9)
         select new Case(optimizer, bounds, stepSize, smoothing, budget, exploration, isRandom, loss, seed, chunk)).ToArbitrary();

    private static Gen<BoxBounds> Bounds() =>
        from dimension in Gen.Choose(1, 5)
        from pairs in Gen.ArrayOf(
            from lower in Gen.Elements(-3e38f, -1000, -1, 0, 1e-30f, 5)
            from width in Gen.Elements(0f, 1e-30f, 0.1f, 7, 2000, 3e38f)
            select (lower, upper: Math.Min(float.MaxValue, lower + width)),
            dimension)
        select new BoxBounds([.. pairs.Select(p => p.lower)], [.. pairs.Select(p => p.upper)]);

    private static TunerOptions Options(Case test) => new()
    {
        Optimizer = test.Optimizer switch
        {
            "direct-search" => null,
            "direct-search:4" => new DirectSearch(4),
            _ => new OptimizerRegistry().Create(test.Optimizer, new OptimizerSettings { Directions = 3, StepSize = test.StepSize }),
        },
        Smoothing = test.Smoothing,
        Budget = test.Budget,
        Exploration = test.Exploration,
        IsRandom = test.IsRandom,
        Seed = test.Seed,
    };

    private static double Loss(Case test, ReadOnlySpan<float> point)
    {
        double sum = 0;
        foreach (float x in point)
        {
            sum += Math.Abs(x - 0.3);
        }

        return test.Loss switch { 0 => sum, 1 => Math.Floor(sum), 2 => 7, 3 => sum > 2 ? double.NaN : sum, _ => -1e300 * sum };
    }

    [Fact]
    public void Points_lie_inside_the_bounds_and_the_budget_is_used_up_exactly_unless_nothing_new_is_left()
    {
        Prop.ForAll(Cases(), test =>
        {
            int evaluations = 0;
            TunerResult result = BlackBoxTuner.Minimize(
                point =>
                {
                    test.Bounds.Contains(point).ShouldBeTrue(string.Join(' ', point.ToArray()));
                    evaluations++;
                    return Loss(test, point);
                },
                test.Bounds,
                Options(test));

            evaluations.ShouldBe(result.Trace.Count);
            evaluations.ShouldBeLessThanOrEqualTo(test.Budget);
            result.Stop.ShouldBe(evaluations == test.Budget ? StopReason.Budget : StopReason.NoImprovement);
            double[] finite = [.. result.Trace.Where(double.IsFinite)];
            result.BestLoss.ShouldBe(finite.Length > 0 ? finite.Min() : double.NaN);
            if (finite.Length > 0)
            {
                Loss(test, result.BestPoint.Span).ShouldBe(result.BestLoss);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Asking_in_pieces_of_any_size_is_minimizing_and_a_seed_repeats_it_bit_for_bit()
    {
        Prop.ForAll(Cases(), test =>
        {
            TunerResult whole = BlackBoxTuner.Minimize(point => Loss(test, point), test.Bounds, Options(test));
            var points = new List<float[]>();
            var tuner = new BlackBoxTuner(test.Bounds, Options(test));
            while (tuner.Stop is null)
            {
                IReadOnlyList<float[]> asked = tuner.Ask(test.Chunk);
                asked.Count.ShouldBeInRange(1, test.Chunk);
                points.AddRange(asked);
                tuner.Tell([.. asked.Select(point => Loss(test, point))]);
            }

            tuner.Ask().ShouldBeEmpty();
            tuner.Evaluations.ShouldBe(points.Count);
            tuner.Trace.ShouldBe(whole.Trace);
            tuner.BestPoint.ToArray().ShouldBe(whole.BestPoint.ToArray());
            tuner.BestLoss.ShouldBe(whole.BestLoss);
            tuner.Stop.ShouldBe(whole.Stop);
            if (!test.IsRandom)
            {
                points.Select(point => string.Join(' ', point)).ShouldBeUnique();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Moving_and_stretching_the_box_moves_and_stretches_the_points()
    {
        Prop.ForAll(Gen.Elements(Optimizers).ToArbitrary(), optimizer =>
        {
            var test = new Case(optimizer, BoxBounds.Cube(3, 0, 1), 0.1, 0.05, 60, null, false, 0, 3, 1);
            double Unit(ReadOnlySpan<float> x) => ((x[0] - 0.7) * (x[0] - 0.7)) + (x[1] * x[1]) + Math.Abs(x[2] - 0.2);
            TunerResult unit = BlackBoxTuner.Minimize(Unit, test.Bounds, Options(test));

            // Powers of two, so that nothing is rounded on the way.
            TunerResult stretched = BlackBoxTuner.Minimize(
                x => Unit([x[0] / 1024, x[1] * 1024, x[2]]), new BoxBounds([0, 0, 0], [1024, 1 / 1024f, 1]), Options(test));

            stretched.Trace.ShouldBe(unit.Trace);
        }).QuickCheckThrowOnFailure();
    }
}

using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

public sealed class GridTunerTests
{
    [Fact]
    public void Finds_the_best_step_size_of_a_smooth_curve_within_15_percent_also_beyond_the_grids_ends()
    {
        var cases =
            from exponent in Gen.Choose(-6000, 7000)
            from steepness in Gen.Elements(0.1, 1.0, 30.0)
            select (Best: Math.Pow(10, exponent / 1000.0), steepness);
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            var asked = new List<OptimizerSettings>();
            var tuner = new GridTuner(s => test.steepness * Math.Pow(Math.Log(s.StepSize / test.Best), 2), (s, _) => asked.Add(s));

            (OptimizerSettings best, double loss) = tuner.Tune(new OptimizerSettings(), withBetas: false);

            (best.StepSize / test.Best).ShouldBeInRange(1 / 1.15, 1.15);
            loss.ShouldBe(test.steepness * Math.Pow(Math.Log(best.StepSize / test.Best), 2));
            asked.Distinct().Count().ShouldBe(asked.Count, "no settings are measured twice");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1e-8, 0.0001)]
    [InlineData(1e-5, 0.0001)]
    [InlineData(1e6, 10_000)]
    [InlineData(1e9, 10_000)]
    public void A_grid_whose_edge_wins_is_extended(double optimum, double beyond)
    {
        var asked = new List<double>();
        new GridTuner(s => Math.Abs(Math.Log(s.StepSize / optimum)), (s, _) => asked.Add(s.StepSize)).Tune(new OptimizerSettings(), withBetas: false);
        asked.ShouldContain(beyond);
    }

    [Fact]
    public void A_grid_whose_middle_wins_is_not()
    {
        var asked = new List<double>();
        new GridTuner(s => Math.Abs(Math.Log(s.StepSize / 3)), (s, _) => asked.Add(s.StepSize)).Tune(new OptimizerSettings(), withBetas: false);
        asked.Min().ShouldBe(0.01);
        asked.Max().ShouldBe(1000);
    }

    [Fact]
    public void NaN_never_wins()
    {
        // Everything beyond 2 diverges, and so does 0.1.
        (OptimizerSettings best, double loss) = new GridTuner(s => s.StepSize is > 2 or 0.1 ? double.NaN : 10 - s.StepSize).Tune(new OptimizerSettings(), withBetas: true);
        best.StepSize.ShouldBe(2);
        loss.ShouldBe(8);
    }

    [Fact]
    public void A_measure_that_is_always_NaN_ends_too()
    {
        int asked = 0;
        (_, double loss) = new GridTuner(_ => double.NaN, (_, _) => asked++).Tune(new OptimizerSettings(), withBetas: true);
        loss.ShouldBe(double.NaN);
        asked.ShouldBeInRange(6, 60);
    }

    [Fact]
    public void Betas_are_tuned_where_asked_for()
    {
        static double Loss(OptimizerSettings s) => Math.Pow(Math.Log(s.StepSize / 5), 2) + (s.Beta1 == 0.99 ? 0 : 1) + (s.Beta2 == 0.999 ? 0 : 1);
        (OptimizerSettings with, _) = new GridTuner(Loss).Tune(new OptimizerSettings(), withBetas: true);
        (with.Beta1, with.Beta2).ShouldBe((0.99, 0.999));
        (OptimizerSettings without, _) = new GridTuner(Loss).Tune(new OptimizerSettings(), withBetas: false);
        (without.Beta1, without.Beta2).ShouldBe((0.9, 0.996));
        without.StepSize.ShouldBe(5, 0.75);
    }

    [Fact]
    public void All_else_stays_as_it_was_given()
    {
        var start = new OptimizerSettings { Directions = 7, Estimate = EstimateKind.Antithetic, Smoothing = 0.02, Alpha = 0.3 };
        (OptimizerSettings best, _) = new GridTuner(s => Math.Abs(s.StepSize - 1)).Tune(start, withBetas: false);
        best.ShouldBe(start with { StepSize = 1 });
    }

    [Fact]
    public void What_one_tuning_tried_does_not_shorten_the_next()
    {
        var tuner = new GridTuner(s => Math.Abs(Math.Log(s.StepSize / (s.Directions == 1 ? 1e-6 : 1e-4))));
        tuner.Tune(new OptimizerSettings { Directions = 1 }, withBetas: false);
        (OptimizerSettings second, _) = tuner.Tune(new OptimizerSettings { Directions = 2 }, withBetas: false);
        second.StepSize.ShouldBe(1e-4, 1.5e-5);
    }
}

using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

/// <summary>The examples of docs/tuning.md are the code below.</summary>
public sealed class TuningPageTests
{
    private const string TuningPage = "../../../docs/tuning.md";

    [Fact]
    public void The_first_example_finds_the_lowest_cost()
    {
        Page.ShowsExample(TuningPage, "minimize");

        // example minimize
        static double Cost(ReadOnlySpan<float> x) => Math.Round((20 * Math.Abs(x[0] - 0.3)) + Math.Abs(Math.Log(x[1] / 50)), 1);

        TunerResult result = BlackBoxTuner.Minimize(
            Cost,
            new BoxBounds(lower: [0, 1], upper: [1, 100]),
            new TunerOptions { Budget = 150, Seed = 1 });

        Console.WriteLine($"{result.BestLoss} at [{result.BestPoint.Span[0]}, {result.BestPoint.Span[1]}] after {result.Trace.Count} evaluations: {result.Stop}");

        // end of minimize
        result.BestLoss.ShouldBeLessThanOrEqualTo(0.1);
        result.Trace.Count.ShouldBe(150);
    }

    [Fact]
    public void The_second_example_evaluates_side_by_side_within_the_budget()
    {
        Page.ShowsExample(TuningPage, "ask and tell");
        BoxBounds bounds = BoxBounds.Cube(2, 0, 1);
        static double Cost(float[] x) => Math.Abs(x[0] - 0.2) + Math.Abs(x[1] - 0.9);

        // example ask and tell
        var tuner = new BlackBoxTuner(bounds, new TunerOptions { Budget = 60, Optimizer = new DirectSearch(directions: 4) });
        while (tuner.Stop is null)
        {
            IReadOnlyList<float[]> points = tuner.Ask();
            double[] losses = [.. points.AsParallel().AsOrdered().Select(point => Cost(point))];
            tuner.Tell(losses);
        }

        Console.WriteLine($"{tuner.BestLoss} after {tuner.Evaluations}");

        // end of ask and tell
        tuner.BestLoss.ShouldBeLessThan(0.1);
        tuner.Evaluations.ShouldBe(60);
    }
}

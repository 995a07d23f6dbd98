using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The gated architecture's meta-gradients against finite differences of the surrogate loss in double precision.</summary>
public sealed class GatedLearnerTests
{
    // Of the largest entry: what float32 leaves of the forward and the backward pass.
    private const double Rounding = 1e-4;

    /// <summary>d, H, steps in all, steps of a truncation.</summary>
    public static TheoryData<int, int, int, int> Runs => new()
    {
        { 7, 4, 8, 3 },
        { 1, 3, 6, 2 },
        { 17, 3, 4, 1 },
        { 20, 3, 5, 5 },
        { 7, 4, 4, 20 },
        { 7, 4, 21, 20 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void UpdateRNNs_gradient_is_that_of_the_surrogate_also_on_guided_estimates(int dimension, int hidden, int horizon, int truncation)
    {
        RnnWeights weights = Draw(1, hidden);
        foreach (RnnWeights? query in (RnnWeights?[])[null, Models.Draw(RandomKey.FromSeed(2), 2, hidden, true)])
        {
            var run = new PaperRun(Learner.Update(weights, PaperRun.Directions, query), weights, dimension, horizon, truncation);

            run.Truncations.Count.ShouldBe((horizon + truncation - 1) / truncation);
            foreach ((PaperRun.Truncation recorded, float[] gradient) in run.Truncations)
            {
                // The surrogate is about the steps that were really made.
                GatedSurrogate.OfUpdate(weights, Wide(weights), recorded, horizon, out double[] theta);
                MustBeClose(recorded.Steps.SelectMany(step => step.To), theta);

                MustBeClose(gradient, PaperSurrogate.Differences(weights, values => GatedSurrogate.OfUpdate(weights, values, recorded, horizon, out _)));
            }
        }
    }

    [Theory]
    [InlineData(4f)]
    [InlineData(-4f)]
    public void A_held_exponent_has_no_gradient(float bias)
    {
        float[] values = [.. Draw(1, 4).Values];
        values[^1] = values[^2] = bias;
        var weights = new RnnWeights(GatedStep.NetworkInputs, 4, true, values, GatedStep.NetworkOutputs);

        var run = new PaperRun(Learner.Update(weights, PaperRun.Directions), weights, 7, 4, 4);

        (PaperRun.Truncation recorded, float[] gradient) = run.Truncations.Single();
        gradient[^1].ShouldBe(0);
        gradient[^2].ShouldBe(0);
        gradient[^3].ShouldNotBe(0);
        MustBeClose(gradient, PaperSurrogate.Differences(weights, v => GatedSurrogate.OfUpdate(weights, v, recorded, 4, out _)));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void QueryRNNs_gradient_is_that_of_the_estimates_quality_around_UpdateRNN_and_around_ZO_SGD(int dimension, int hidden, int horizon, int truncation)
    {
        RnnWeights update = Draw(1, hidden), weights = Models.Draw(RandomKey.FromSeed(2), 2, hidden, true);
        foreach (double? sgd in (double?[])[null, 0.3])
        {
            const double Regularization = 0.3;
            var run = new PaperRun(Learner.Query(update, weights, PaperRun.Directions, sgd), weights, dimension, horizon, truncation, Regularization);

            run.Truncations.Count.ShouldBe((horizon + truncation - 1) / truncation);
            foreach ((PaperRun.Truncation recorded, float[] gradient) in run.Truncations)
            {
                MustBeClose(gradient, PaperSurrogate.Differences(weights, values => GatedSurrogate.OfQuality(update, weights, values, recorded, Regularization)));
            }
        }
    }

    [Fact]
    public void QueryRNN_is_learned_with_the_draw_that_users_run()
    {
        RnnWeights update = Draw(1, 4), query = Models.Draw(RandomKey.FromSeed(2), 2, 4, true);
        Plain(null).ShouldBeInRange(36, 54);
        Plain(0.3).ShouldBeInRange(18, 42);

        // A quarter of the steps is guided with UpdateRNN, half of them with ZO-SGD.
        int Plain(double? sgd) => new PaperRun(Learner.Query(update, query, PaperRun.Directions, sgd), query, 7, 60, 20)
            .Truncations.SelectMany(t => t.Truncation.Steps).Count(step => step.Directions.SequenceEqual(step.Normals));
    }

    [Fact]
    public void The_papers_QueryRNN_is_not_learned_around_ZO_SGD() =>
        Should.Throw<ArgumentException>(() => Learner.Query(
            Models.Draw(RandomKey.FromSeed(1), 1, 4, false), Models.Draw(RandomKey.FromSeed(2), 2, 4, false), 4, sgdStepSize: 1)).ParamName.ShouldBe("sgdStepSize");

    private static RnnWeights Draw(long seed, int hidden) => Models.Draw(RandomKey.FromSeed(seed), GatedStep.NetworkInputs, hidden, true, GatedStep.NetworkOutputs);

    private static double[] Wide(RnnWeights weights) => [.. weights.Values.ToArray().Select(v => (double)v)];

    private static void MustBeClose(IEnumerable<float> actual, double[] expected)
    {
        float[] numbers = [.. actual];
        numbers.Length.ShouldBe(expected.Length);
        double tolerance = (Rounding * expected.Max(Math.Abs)) + 1e-9;
        for (int i = 0; i < numbers.Length; i++)
        {
            ((double)numbers[i]).ShouldBe(expected[i], tolerance, $"number {i}");
        }
    }
}

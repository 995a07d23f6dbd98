using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Stage 1's and stage 2's meta-gradients against finite differences of the surrogate loss in double precision.</summary>
public sealed class PaperLearnerTests
{
    // Of the largest entry: what float32 leaves of the forward and the backward pass.
    private const double Rounding = 2e-5;

    /// <summary>d, H, has biases, steps in all, steps of a truncation.</summary>
    public static TheoryData<int, int, bool, int, int> Runs => new()
    {
        { 7, 4, false, 8, 3 },
        { 7, 4, true, 8, 3 },
        { 1, 3, true, 6, 2 },
        { 17, 3, false, 4, 1 },
        { 20, 3, true, 5, 5 },
        { 7, 4, false, 4, 20 },
        { 7, 4, false, 1, 20 },
        { 7, 4, false, 21, 20 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void UpdateRNNs_gradient_is_that_of_the_surrogate(int dimension, int hidden, bool hasBias, int horizon, int truncation)
    {
        RnnWeights weights = Models.Draw(RandomKey.FromSeed(1), 1, hidden, hasBias);
        var run = new PaperRun(Learner.Update(weights, PaperRun.Directions), weights, dimension, horizon, truncation);

        run.Truncations.Count.ShouldBe((horizon + truncation - 1) / truncation);
        foreach ((PaperRun.Truncation recorded, float[] gradient) in run.Truncations)
        {
            // The surrogate is about the steps that were really made.
            PaperSurrogate.OfUpdate(weights, Wide(weights), recorded, out double[] theta);
            MustBeClose(recorded.Steps.SelectMany(step => step.To), theta);

            MustBeClose(gradient, PaperSurrogate.Differences(weights, values => PaperSurrogate.OfUpdate(weights, values, recorded, out _)));
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void QueryRNNs_gradient_is_that_of_the_surrogate(int dimension, int hidden, bool hasBias, int horizon, int truncation)
    {
        foreach (double regularization in (double[])[0, 0.3])
        {
            RnnWeights update = Models.Draw(RandomKey.FromSeed(1), 1, hidden, hasBias);
            RnnWeights weights = Models.Draw(RandomKey.FromSeed(2), 2, hidden, hasBias);
            var run = new PaperRun(Learner.Query(update, weights, PaperRun.Directions), weights, dimension, horizon, truncation, regularization);

            run.Truncations.Count.ShouldBe((horizon + truncation - 1) / truncation);
            foreach ((PaperRun.Truncation recorded, float[] gradient) in run.Truncations)
            {
                PaperSurrogate.OfQuery(update, weights, Wide(weights), recorded, regularization, out double[] theta);
                MustBeClose(recorded.Steps.SelectMany(step => step.To), theta);

                MustBeClose(
                    gradient, PaperSurrogate.Differences(weights, values => PaperSurrogate.OfQuery(update, weights, values, recorded, regularization, out _)));
            }
        }
    }

    [Fact]
    public void Deviations_below_0_before_they_are_made_positive_have_their_gradient_too()
    {
        const int Dimension = 7, Steps = 4;
        RnnWeights update = Models.Draw(RandomKey.FromSeed(1), 1, 4, true);
        float[] values = [.. Models.Draw(RandomKey.FromSeed(2), 2, 4, true).Values];

        // Offsets around −1.
        values[^1] = -1;
        var weights = new RnnWeights(2, 4, true, values);
        var run = new PaperRun(Learner.Query(update, weights, PaperRun.Directions), weights, Dimension, Steps, Steps, 0.1);
        (PaperRun.Truncation recorded, float[] gradient) = run.Truncations.Single();

        PaperStep last = recorded.Steps[^1];
        bool[] signs = [.. Enumerable.Range(0, Dimension).Select(i => last.Directions[i] == 0 || last.Directions[i] > 0 == last.Normals[i] > 0)];
        signs.ShouldAllBe(same => same);
        MustBeClose(gradient, PaperSurrogate.Differences(weights, v => PaperSurrogate.OfQuery(update, weights, v, recorded, 0.1, out _)));
    }

    [Fact]
    public void The_first_step_samples_plainly_and_later_ones_always_by_the_deviation()
    {
        RnnWeights update = Models.Draw(RandomKey.FromSeed(1), 1, 4, false), query = Models.Draw(RandomKey.FromSeed(2), 2, 4, false);
        var run = new PaperRun(Learner.Query(update, query, PaperRun.Directions), query, 7, 12, 4);

        PaperStep[] steps = [.. run.Truncations.SelectMany(t => t.Truncation.Steps)];

        steps[0].Directions.ShouldBe(steps[0].Normals);
        steps.Skip(1).ShouldAllBe(step => !step.Directions.SequenceEqual(step.Normals));
    }

    [Fact]
    public void A_learners_model_holds_its_networks_and_users_run_QueryRNN_with_a_draw()
    {
        RnnWeights update = Models.Draw(RandomKey.FromSeed(1), 1, 4, false), query = Models.Draw(RandomKey.FromSeed(2), 2, 4, false);
        Learner learner = Learner.Query(update, query, 9);

        LearnedModel model = learner.Model(query);

        (model.Update, model.Query, model.Directions).ShouldBe((update, query, 9));
        Plain(learner.Optimizer(query)).ShouldBe(0);
        Plain(learner.Result(query)).ShouldBeInRange(60, 140);

        // Steps of 200 that sample with σ = 1.
        static int Plain(IZerothOrderOptimizer optimizer)
        {
            var state = new float[optimizer.StateLength(3)];
            LearnedOptimizer.Split(state, 3, out _, out _, out _, out Span<float> deviation);
            deviation.Fill(2);
            var directions = new float[9 * 3];
            int plain = 0;
            for (int number = 2; number < 202; number++)
            {
                var step = new OptimizerStep(RandomKey.FromSeed(number), number, 300, 1e-3f, new FunctionObjective(3));
                optimizer.Ask(step, new float[3], state, directions);
                plain += directions.SequenceEqual(Models.Normals(step.Key, directions.Length)) ? 1 : 0;
            }

            return plain;
        }
    }

    private static double[] Wide(RnnWeights weights) => [.. weights.Values.ToArray().Select(v => (double)v)];

    private static void MustBeClose(IEnumerable<float> actual, double[] expected)
    {
        float[] numbers = [.. actual];
        numbers.Length.ShouldBe(expected.Length);

        // Some gradients are 0: of one coordinate's deviation, which is always 1, and where no run of QueryRNN gave a step its own.
        double tolerance = (Rounding * expected.Max(Math.Abs)) + 1e-12;
        for (int i = 0; i < numbers.Length; i++)
        {
            ((double)numbers[i]).ShouldBe(expected[i], tolerance, $"number {i}");
        }
    }
}

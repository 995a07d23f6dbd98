using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Steps of one call, and the same steps row by row as the engine makes them.</summary>
internal sealed class StepComparison(OnnxClassifierOracle oracle, IStepOracle steps, float smoothing)
{
    /// <summary>The largest difference of a loss or a margin, relative to 1 or more.</summary>
    public double LossError { get; private set; }

    /// <summary>The largest difference of an estimate, relative to its length.</summary>
    public double EstimateError { get; private set; }

    /// <summary>The same, from the call's own losses: by what its own sum differs.</summary>
    public double CombinationError { get; private set; }

    /// <summary>Makes one call with these objectives' steps.</summary>
    public void Ask(StepBatch batch, IReadOnlyList<AttackObjective> objectives, RandomKey key)
    {
        using var rows = new RowStepOracle(oracle, steps.Shape, objectives.Count);
        using StepBatch reference = rows.CreateBatch();
        foreach (StepBatch each in (StepBatch[])[batch, reference])
        {
            each.Clear();
            for (int i = 0; i < objectives.Count; i++)
            {
                Add(each, objectives[i], key.Derive((ulong)i), learnedDeviation: i > 0).ShouldBe(i);
            }

            each.Ask();
        }

        var answers = new Evaluation[steps.Shape.Directions + 1];
        var combined = new float[oracle.InputLength];
        for (int i = 0; i < objectives.Count; i++)
        {
            batch.FailureOf(i, "a step", 1).ShouldBeNull();
            for (int row = 0; row < answers.Length; row++)
            {
                answers[row] = batch.Answer(i, row);
                Evaluation expected = reference.Answer(i, row);
                LossError = Math.Max(LossError, Math.Abs(expected.Loss - answers[row].Loss) / Math.Max(1, Math.Abs(expected.Loss)));
                LossError = Math.Max(LossError, Math.Abs(expected.Queried - answers[row].Queried) / Math.Max(1, Math.Abs(expected.Queried)));
            }

            ReadOnlySpan<float> estimate = batch.Estimate(i).Span;
            EstimateError = Math.Max(EstimateError, Difference(reference.Estimate(i).Span, estimate));
            Combine(answers, objectives[i], batch, i, key.Derive((ulong)i), combined);
            CombinationError = Math.Max(CombinationError, Difference(combined, estimate));
        }
    }

    private int Add(StepBatch batch, AttackObjective objective, RandomKey key, bool learnedDeviation)
    {
        int place = batch.Add(objective, Theta(objective, key), smoothing, key);
        if (steps.Shape.Corrects)
        {
            CounterRandom.Normals(key.Derive(4), batch.Memory(place));
        }

        if (learnedDeviation)
        {
            CounterRandom.Uniforms(key.Derive(3), batch.Deviation(place));
        }

        return place;
    }

    private static float[] Theta(AttackObjective objective, RandomKey key)
    {
        var theta = new float[objective.Dimension];
        var noise = new float[objective.Dimension];
        objective.Initialize(key.Derive(1), theta);
        CounterRandom.Normals(key.Derive(2), noise);
        SimdKernels.Axpy(0.1f, noise, theta);
        return theta;
    }

    private void Combine(Evaluation[] answers, AttackObjective objective, StepBatch batch, int place, RandomKey key, Span<float> estimate)
    {
        int d = estimate.Length;
        ReadOnlySpan<float> deviation = batch.Deviation(place);
        var estimator = new GradientEstimator(new GaussianSampler(), steps.Shape.Estimate);
        var directions = new float[steps.Shape.Directions * d];
        estimator.Perturb(key, estimate, estimate, directions);
        for (int i = 0; i < directions.Length; i++)
        {
            directions[i] *= deviation[i % d];
        }

        if (!steps.Shape.Corrects)
        {
            estimator.Combine(directions, answers, smoothing, estimate);
            return;
        }

        batch.Memory(place).CopyTo(estimate);
        estimator.Correct(directions, answers, smoothing, Theta(objective, key), objective.Known, estimate);
    }

    private static double Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> seen) =>
        SimdKernels.L2Distance(expected, seen) / Math.Sqrt(SimdKernels.SumOfSquares(expected));
}

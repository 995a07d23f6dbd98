using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A call's steps, and the same steps row by row as the engine makes them.</summary>
internal sealed class StepComparison
{
    private readonly OnnxClassifierOracle _oracle;
    private readonly IStepOracle _steps;
    private readonly EstimateKind _kind;
    private readonly float _smoothing;

    public StepComparison(OnnxClassifierOracle oracle, IStepOracle steps, EstimateKind kind, float smoothing)
    {
        _oracle = oracle;
        _steps = steps;
        _kind = kind;
        _smoothing = smoothing;
    }

    /// <summary>The largest difference of a loss or a margin, relative to 1 or more.</summary>
    public double LossError { get; private set; }

    /// <summary>The largest difference of an estimate, relative to its length.</summary>
    public double EstimateError { get; private set; }

    /// <summary>The same, from the composed graph's own losses: what its own sum differs by.</summary>
    public double CombinationError { get; private set; }

    /// <summary>Makes one call with these objectives' steps.</summary>
    public void Ask(StepBatch batch, IReadOnlyList<AttackObjective> objectives, RandomKey key)
    {
        int d = _oracle.InputLength;
        batch.Clear();
        var thetas = new List<float[]>();
        var deviations = new List<float[]>();
        for (int i = 0; i < objectives.Count; i++)
        {
            var theta = new float[d];
            objectives[i].Initialize(key.Derive((ulong)i).Derive(1), theta);
            var noise = new float[d];
            CounterRandom.Normals(key.Derive((ulong)i).Derive(2), noise);
            SimdKernels.Axpy(0.1f, noise, theta);
            var deviation = new float[d];
            CounterRandom.Uniforms(key.Derive((ulong)i).Derive(3), deviation);
            int place = batch.Add(objectives[i], theta, _smoothing, key.Derive((ulong)i));
            Assert.Equal(i, place);
            if (i > 0)
            {
                // The first is left at 1.
                SimdKernels.Axpy(1, deviation, deviation);
                deviation.CopyTo(batch.Deviation(place));
            }

            thetas.Add(theta);
            deviations.Add(batch.Deviation(place).ToArray());
        }

        batch.Ask();
        for (int i = 0; i < objectives.Count; i++)
        {
            Assert.Null(batch.FailureOf(i, "a step", 1));
            Compare(batch, i, objectives[i], thetas[i], deviations[i], key.Derive((ulong)i));
        }
    }

    private void Compare(StepBatch batch, int place, AttackObjective objective, float[] theta, float[] deviation, RandomKey key)
    {
        int d = theta.Length;
        int q = _steps.Directions;
        var estimator = new GradientEstimator(new GaussianSampler(), _kind);
        var directions = new float[q * d];
        estimator.Perturb(key, new float[d], new float[d], directions);
        for (int i = 0; i < directions.Length; i++)
        {
            directions[i] *= deviation[i % d];
        }

        var point = new float[d];
        float[] scores = _oracle.ScoreRows(q + 1, Write);
        var answers = new Evaluation[q + 1];
        var own = new Evaluation[q + 1];
        var input = new float[d];
        for (int row = 0; row <= q; row++)
        {
            Write(row, input);
            answers[row] = objective.Evaluate(input, scores.AsSpan(row * _oracle.ScoreLength, _oracle.ScoreLength));
            own[row] = batch.Answer(place, row);
            LossError = Worse(LossError, Math.Abs(answers[row].Loss - own[row].Loss) / Math.Max(1, Math.Abs(answers[row].Loss)));
            LossError = Worse(LossError, Math.Abs(answers[row].Queried - own[row].Queried) / Math.Max(1, Math.Abs(answers[row].Queried)));
        }

        var expected = new float[d];
        estimator.Combine(directions, answers, _smoothing, expected);
        EstimateError = Worse(EstimateError, Difference(expected, batch.Estimate(place).Span));
        estimator.Combine(directions, own, _smoothing, expected);
        CombinationError = Worse(CombinationError, Difference(expected, batch.Estimate(place).Span));

        void Write(int row, Span<float> pixels)
        {
            SimdKernels.ScaledAdd(theta, row == 0 ? 0 : _smoothing, directions.AsSpan(Math.Max(0, row - 1) * d, d), point);
            objective.Decode(point, pixels);
        }
    }

    private static double Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> seen) =>
        SimdKernels.L2Distance(expected, seen) / Math.Sqrt(SimdKernels.SumOfSquares(expected));

    // A NaN stays.
    private static double Worse(double a, double b) => Math.Max(a, b);
}

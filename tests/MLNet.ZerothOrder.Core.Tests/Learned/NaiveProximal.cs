namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>What a proximal step is made of, in double precision, as <see cref="ProximalFeatures"/> and <see cref="LearnedProximalOptimizer"/> lay it down.</summary>
internal sealed class NaiveProximal(LearnedModel model, int dimension)
{
    private readonly NaiveRnn _network = new(model.Update, dimension);
    private readonly double[] _fast = new double[dimension];
    private readonly double[] _slow = new double[dimension];
    private double[] _update = new double[dimension];
    private double _largest;
    private double _width;
    private double _lambda = 1;

    /// <summary>The network's inputs, I rows of d numbers.</summary>
    public double[][] Features { get; private set; } = [];

    /// <summary>The network's outputs, K rows of d numbers.</summary>
    public double[][] Outputs { get; private set; } = [];

    /// <summary>D.</summary>
    public double[] Direction { get; private set; } = [];

    /// <summary>η.</summary>
    public double[] Rate { get; private set; } = [];

    /// <summary>A step up to D and η.</summary>
    /// <param name="step">Where the run stands.</param>
    /// <param name="answers">The step's answers.</param>
    /// <param name="theta">θ before it.</param>
    /// <param name="before">The memory before the step's answers.</param>
    /// <param name="memory">The memory after them.</param>
    public void Run(OptimizerStep step, Evaluation[] answers, float[] theta, float[] before, float[] memory)
    {
        KnownTerm? known = step.Objective.Known;
        int q = answers.Length - 1;
        double r = Rms(memory);
        _largest = Math.Max(_largest, r);
        if (step.Number == 1)
        {
            double slope = r * Math.Sqrt(dimension) / Math.Sqrt(1 + ((dimension + 1.0) / q));
            _width = known is null
                ? Math.Abs(answers[0].Loss) / slope / Math.Sqrt(dimension)
                : Enumerable.Range(0, dimension).Average(i => (double)known.Upper.Span[i] - known.Lower.Span[i]);
        }

        float[] innovation = [.. memory.Zip(before, (m, b) => m - b)];
        double innovationRms = Rms(innovation);
        double w = _width;
        double[][] own = Rows(9), shared = Rows(7);
        double distance = 0;
        for (int i = 0; i < dimension; i++)
        {
            _fast[i] = (0.8 * _fast[i]) + (0.2 * memory[i]);
            _slow[i] = (0.95 * _slow[i]) + (0.05 * memory[i]);
            double s = memory[i] < 0 ? -1 : 1;
            double offset = known is null ? 0 : theta[i] - known.Center.Span[i];
            double room = known is null ? w : s > 0 ? theta[i] - known.Lower.Span[i] : known.Upper.Span[i] - theta[i];
            distance += Math.Abs(offset);
            own[0][i] = 0.5 * Math.Log((Math.Abs(memory[i]) / r) + 0.02);
            own[1][i] = Squash(Math.Abs(memory[i]) / r);
            own[2][i] = Squash(s * innovation[i] / innovationRms);
            own[3][i] = Squash(s * _fast[i] / r);
            own[4][i] = Squash(s * _slow[i] / r);
            own[5][i] = Squash(4 * s * offset / w);
            own[6][i] = offset == 0 ? 1 : 0;
            own[7][i] = Math.Min(room / w, 1);
            own[8][i] = Squash(10 * s * _update[i] / w);
        }

        double excess = known is null || double.IsInfinity(known.Floor) ? 0 : answers[0].Queried - known.Floor;
        double[] values =
        [
            0.3 * Math.Log(((known?.Weight ?? 0) / r) + 1e-3),
            0.3 * Math.Sign(excess) * Math.Log(1 + (Math.Abs(excess) / (r * w))),
            excess > 0 ? 1 : -1,
            _lambda,
            Math.Log(1 + ((double)step.Number * q / dimension)),
            0.5 * Math.Log((innovationRms / r) + 1e-3),
            0.3 * Math.Log(1 + (distance / w)),
        ];
        for (int k = 0; k < values.Length; k++)
        {
            Array.Fill(shared[k], values[k]);
        }

        Features = [.. own, .. shared];
        Outputs = _network.Run(Features);
        Direction = [.. memory.Select((g, i) => Math.CopySign(r, g) * ((Math.Abs(g) / r * Exp(Outputs[0][i])) + (Outputs[1][i] / 2)))];
        Rate = [.. Outputs[2].Select(o => 0.8 * w / _largest * Exp(o))];
    }

    /// <summary>Takes where the step led and its λ into account.</summary>
    public void Moved(float[] before, float[] after, double lambda)
    {
        _update = [.. after.Zip(before, (a, b) => (double)a - b)];
        _lambda = lambda;
    }

    private static double Exp(double exponent) => Math.Exp(Math.Clamp(exponent, -4, 4));

    private static double Squash(double x) => x / (1 + Math.Abs(x));

    private static double Rms(float[] values) => Math.Sqrt(values.Average(v => (double)v * v));

    private double[][] Rows(int count) => [.. Enumerable.Range(0, count).Select(_ => new double[dimension])];
}

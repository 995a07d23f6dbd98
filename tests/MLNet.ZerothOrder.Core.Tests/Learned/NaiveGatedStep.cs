namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A gated model's step in double precision, as <see cref="GatedStep"/> documents it.</summary>
internal sealed class NaiveGatedStep(LearnedModel model, int dimension)
{
    private readonly NaiveRnn _update = new(model.Update, dimension);
    private readonly NaiveRnn? _query = model.Query is null ? null : new NaiveRnn(model.Query, dimension);

    /// <param name="inputs">x, ln(r/R), 0.3 θ/ρ, 2t/T − 1, ½ ln(T/200) and the distortion's share: 6 rows of d numbers, or the first 4.</param>
    /// <param name="scale">α.</param>
    /// <param name="applied">Δθ/ρ where another update is applied.</param>
    public (double[] Update, double[] Deviation) Run(double[][] inputs, double scale = 1, double[]? applied = null)
    {
        double[][] o = _update.Run(inputs);
        double[] update =
        [
            .. Enumerable.Range(0, dimension).Select(i => scale
                * ((0.3 * o[0][i]) - (0.12 * Gate(o[1][i]) * inputs[0][i]) - (0.002 * Gate(o[2][i]) * inputs[2][i] / 0.3))),
        ];
        double[] deviation = [.. Enumerable.Repeat(1.0, dimension)];
        if (_query is not null)
        {
            deviation = [.. _query.Run(Normal(inputs[0]), Normal(applied ?? update))[0].Select(q => Math.Abs(1 + q))];
            double factor = Math.Sqrt(dimension / deviation.Sum(s => s * s));
            deviation = [.. deviation.Select(s => factor * s)];
        }

        return (update, deviation);
    }

    private static double Gate(double output) => Math.Exp(Math.Clamp(3 * output, -6, 6));

    private static double[] Normal(double[] values)
    {
        double rms = Math.Sqrt(values.Average(v => v * v));
        return [.. values.Select(v => rms > 0 ? v / rms : 0)];
    }
}

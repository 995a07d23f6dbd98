namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A learned step in double precision.</summary>
internal sealed class NaiveStep(LearnedModel model, int dimension)
{
    private readonly NaiveRnn _update = new(model.Update, dimension);
    private readonly NaiveRnn? _query = model.Query is null ? null : new NaiveRnn(model.Query, dimension);

    public (double[] Update, double[] Deviation) Run(float[] gradient, double scale = 1, float[]? applied = null)
    {
        double[] g = Widen(gradient);
        double[] update = [.. _update.Run(g)[0].Select(u => scale * u)];
        double[] deviation = [.. Enumerable.Repeat(1.0, dimension)];
        if (_query is not null)
        {
            deviation = [.. _query.Run(g, applied is null ? update : Widen(applied))[0].Select(o => Math.Abs(1 + o))];
            double factor = Math.Sqrt(dimension / deviation.Sum(s => s * s));
            deviation = [.. deviation.Select(s => factor * s)];
        }

        return (update, deviation);
    }

    private static double[] Widen(float[] values) => [.. values.Select(v => (double)v)];
}

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// What training differentiates (Eq. 4), in double precision and plainly written: a truncation's loss as a function of one network's
/// weights, in which everything that training takes for a constant is frozen at its recorded value.
/// </summary>
internal static class PaperSurrogate
{
    /// <summary>Σ e_t · θ_t with θ_t = θ_{t−1} + ρ UpdateRNN(ĝ_t), as a function of UpdateRNN's weights; its inputs are frozen.</summary>
    /// <param name="theta">θ of the truncation's steps, T × d.</param>
    public static double OfUpdate(RnnWeights shape, double[] values, PaperRun.Truncation truncation, out double[] theta)
    {
        double[][] estimates = [.. truncation.Steps.Select(step => step.Estimate)];
        theta = Follow(shape, values, truncation, estimates);
        return Loss(truncation, theta);
    }

    /// <summary>
    /// Σ e_t · θ_t + λ Σ ‖o‖² as a function of QueryRNN's weights: offsets o make deviations σ = |1 + o| √(d / Σ (1 + o)²), which make
    /// directions u = σ ⊙ z and estimates ĝ = (1/qr) Σ sᵢ uᵢ, which make UpdateRNN's steps. Frozen are QueryRNN's own inputs, z, the
    /// slopes sᵢ, r and ρ. The problem's first step has σ = 1. The run of QueryRNN at the end of a step gives the next step's σ, so the one
    /// that gave the truncation's first σ belongs to it, and the one at its end does not.
    /// </summary>
    public static double OfQuery(
        RnnWeights update, RnnWeights shape, double[] values, PaperRun.Truncation truncation, double regularization, out double[] theta)
    {
        int d = truncation.Steps[0].Dimension;
        PaperStep[] runs = [.. truncation.Steps.Select(step => step.Previous).OfType<PaperStep>()];
        double[][] offsets = [.. runs.Select(_ => new double[d])];
        int offset = PaperStep.StateLength(update.Hidden, d);
        var network = new NaiveNetwork(shape);
        for (int i = 0; i < d && runs.Length > 0; i++)
        {
            double[] inputs = [.. runs.SelectMany(run => (double[])[run.Estimate[i], run.Update[i]])];
            double[] outputs = network.Outputs(values, inputs, runs[0].StateOf(offset, shape.Hidden, i));
            for (int run = 0; run < runs.Length; run++)
            {
                offsets[run][i] = outputs[run];
            }
        }

        var estimates = new List<double[]>();
        for (int t = 0, run = 0; t < truncation.Steps.Length; t++)
        {
            PaperStep step = truncation.Steps[t];
            double[] deviation = step.Previous is null ? [.. Enumerable.Repeat(1.0, d)] : Deviation(offsets[run++]);
            estimates.Add([.. Enumerable.Range(0, d).Select(j =>
                step.Slopes.Select((slope, i) => slope * deviation[j] * step.Normals[(i * d) + j]).Sum() / step.Slopes.Length / step.Largest)]);
        }

        double[] updateValues = [.. update.Values.ToArray().Select(v => (double)v)];
        theta = Follow(update, updateValues, truncation, [.. estimates]);
        return Loss(truncation, theta) + (regularization * offsets.Sum(o => o.Sum(x => x * x)));
    }

    /// <summary>Central differences of a surrogate.</summary>
    public static double[] Differences(RnnWeights weights, Func<double[], double> loss)
    {
        const double Nudge = 1e-5;
        double[] values = [.. weights.Values.ToArray().Select(v => (double)v)];
        return [.. values.Select((value, w) =>
        {
            values[w] = value + Nudge;
            double up = loss(values);
            values[w] = value - Nudge;
            double down = loss(values);
            values[w] = value;
            return (up - down) / (2 * Nudge);
        })];
    }

    private static double[] Deviation(double[] offset)
    {
        double[] magnitude = [.. offset.Select(o => Math.Abs(1 + o))];
        double factor = Math.Sqrt(offset.Length / magnitude.Sum(m => m * m));
        return [.. magnitude.Select(m => factor * m)];
    }

    // The iterates to which UpdateRNN leads from the truncation's start, T × d.
    private static double[] Follow(RnnWeights shape, double[] values, PaperRun.Truncation truncation, double[][] estimates)
    {
        int d = truncation.Steps[0].Dimension;
        var theta = new double[estimates.Length * d];
        var network = new NaiveNetwork(shape);
        for (int i = 0; i < d; i++)
        {
            double[] outputs = network.Outputs(values, [.. estimates.Select(row => row[i])], truncation.Steps[0].StateOf(0, shape.Hidden, i));
            double at = truncation.Steps[0].From[i];
            for (int t = 0; t < estimates.Length; t++)
            {
                at += truncation.Steps[t].Unit * outputs[t];
                theta[(t * d) + i] = at;
            }
        }

        return theta;
    }

    private static double Loss(PaperRun.Truncation truncation, double[] theta) => truncation.Errors.Zip(theta, (e, x) => e * x).Sum();
}

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// What training differentiates where UpdateRNN is gated, in double precision and plainly written: everything that training takes for a
/// constant is frozen at its recorded value.
/// </summary>
internal static class GatedSurrogate
{
    /// <summary>Σ e_t · θ_t with θ_t = θ_{t−1} + the gated step, as a function of UpdateRNN's weights; its inputs, the estimate and the position, are frozen.</summary>
    /// <param name="horizon">T of the run.</param>
    /// <param name="theta">θ of the truncation's steps, T × d.</param>
    public static double OfUpdate(RnnWeights shape, double[] values, PaperRun.Truncation truncation, int horizon, out double[] theta)
    {
        int d = truncation.Steps[0].Dimension;
        theta = new double[truncation.Steps.Length * d];
        var network = new NaiveNetwork(shape);
        for (int i = 0; i < d; i++)
        {
            double[][] inputs = [.. truncation.Steps.Select(step => Inputs(step, i, horizon))];
            double[] outputs = network.Outputs(values, [.. inputs.SelectMany(x => x)], truncation.Steps[0].StateOf(0, shape.Hidden, i));
            double at = truncation.Steps[0].From[i];
            for (int t = 0; t < inputs.Length; t++)
            {
                double unit = truncation.Steps[t].Unit;
                at += unit * ((0.3 * outputs[3 * t]) - (0.12 * Gate(outputs[(3 * t) + 1]) * inputs[t][0]) - (0.002 * Gate(outputs[(3 * t) + 2]) * inputs[t][2] / 0.3));
                theta[(t * d) + i] = at;
            }
        }

        return truncation.Errors.Zip(theta, (e, x) => e * x).Sum();
    }

    /// <summary>
    /// Σ_t G_t · σ_t + λ Σ_t mean o_t² as a function of QueryRNN's weights, where G_t is the loss's gradient with respect to σ at the recorded σ_t,
    /// for the steps that sampled with it.
    /// </summary>
    public static double OfQuality(RnnWeights update, RnnWeights shape, double[] values, PaperRun.Truncation truncation, double regularization)
    {
        int d = truncation.Steps[0].Dimension;
        PaperStep[] sampled = [.. truncation.Steps.Where(step => step.Previous is not null)];
        PaperStep[] runs = [.. sampled.Select(step => step.Previous!)];
        double[][] offsets = [.. runs.Select(_ => new double[d])];
        int offset = PaperStep.StateLength(update.Hidden, d);
        var network = new NaiveNetwork(shape);
        double[][] seen = [.. runs.SelectMany(run => (double[][])[Normal(run.Estimate), Normal(run.Update)])];
        for (int i = 0; i < d && runs.Length > 0; i++)
        {
            double[] outputs = network.Outputs(values, [.. seen.Select(row => row[i])], runs[0].StateOf(offset, shape.Hidden, i));
            for (int run = 0; run < runs.Length; run++)
            {
                offsets[run][i] = outputs[run];
            }
        }

        double loss = 0;
        for (int run = 0; run < runs.Length; run++)
        {
            loss += regularization * offsets[run].Average(o => o * o);
            PaperStep step = sampled[run];
            if (step.Directions.SequenceEqual(step.Normals))
            {
                continue;
            }

            // The σ that was sampled with tells itself by the directions it made.
            double[] recorded = [.. Enumerable.Range(0, d).Select(j => (double)step.Directions[j] / step.Normals[j])];
            double[] gradient = QualityGradient(step, recorded);
            double factor = Math.Sqrt(d / offsets[run].Sum(o => (1 + o) * (1 + o)));
            loss += offsets[run].Select((o, j) => gradient[j] * factor * Math.Abs(1 + o)).Sum();
        }

        return loss;
    }

    // ∂/∂σ of −log[v² / (vd/q + (1 + 1/q) w)]: v and w are measured, g² is the product of the two estimates that the tape was told.
    private static double[] QualityGradient(PaperStep step, double[] sigma)
    {
        int d = sigma.Length, q = step.Slopes.Length, half = q / 2;
        double v = step.Slopes.Average(s => s * s);
        double[] Mean(int from, int to) => [.. Enumerable.Range(0, d).Select(j => Enumerable.Range(from, to - from).Average(i => step.Slopes[i] * step.Directions[(i * d) + j]))];
        double w = Math.Max(0, Mean(0, half).Zip(Mean(half, q), (a, b) => a * b).Sum());
        double denominator = (v * d / q) + ((1 + (1.0 / q)) * w);
        (float[] first, float[] second) = step.Measured;
        return [.. sigma.Select((s, j) =>
        {
            double g2 = (double)first[j] * second[j];
            double onSquares = 2 * s * g2, onFourths = w > 0 ? 4 * s * s * s * g2 : 0;
            return (((onSquares * d / q) + ((1 + (1.0 / q)) * onFourths)) / denominator) - (2 * onSquares / v);
        })];
    }

    private static double[] Inputs(PaperStep step, int coordinate, int horizon)
    {
        double root = step.After[^2], rms = root / Math.Sqrt(1 - Math.Pow(0.95, step.Number));
        return [step.Estimate[coordinate], Math.Log(rms / step.Largest), 0.3 * step.From[coordinate] / step.Unit, (2.0 * step.Number / horizon) - 1, Math.Log(horizon / 200.0) / 2, 0];
    }

    private static double Gate(double output) => Math.Exp(Math.Clamp(3 * output, -6, 6));

    private static double[] Normal(double[] values)
    {
        double rms = Math.Sqrt(values.Average(x => x * x));
        return [.. values.Select(x => x / rms)];
    }
}

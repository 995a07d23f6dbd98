using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figure 4e: one coordinate over time.</summary>
internal sealed class TrajectoryExperiment() : Experiment("trajectory", "Figure 4e", "one coordinate over time: deviation, estimate and update, and what ZO-SGD and ZO-ADAM would have done")
{
    public override Outcome Run(Lab lab)
    {
        AttackTask task = lab.Mnist();
        ImageSet images = lab.Right(task, 1);
        Recording recording = Recording.Of(lab, task, images, 0, task.Learned);
        int pixel = Largest(recording.Thetas[^1]);
        int steps = recording.Thetas.Count;
        int d = images.Shape.Length;
        double[] x = [.. Enumerable.Range(1, steps).Select(t => (double)t)];
        double[] estimate = [.. recording.Estimates.Select(g => (double)g[pixel])];
        double[] deviation = [.. recording.Deviations.Select(s => (double)s[pixel])];
        double[] update = [.. Enumerable.Range(0, steps).Select(t => recording.Thetas[t][pixel] - (t == 0 ? 0.0 : recording.Thetas[t - 1][pixel]))];
        double[] sgd = Replay(recording, pixel, task.Settings?.For("zo-sgd") ?? new OptimizerSettings(), d, isAdam: false);
        double[] adam = Replay(recording, pixel, task.Settings?.For("zo-adam") ?? new OptimizerSettings(), d, isAdam: true);
        var csv = new Csv("iteration", "estimate", "deviation", "update", "sgdUpdate", "adamUpdate");
        for (int t = 0; t < steps; t++)
        {
            csv.Add(t + 1, estimate[t], deviation[t], update[t], sgd[t], adam[t]);
        }

        string place = $"pixel ({pixel / images.Shape.Width}, {pixel % images.Shape.Width}) of image {images.ImageName(0)}{(lab.Options.Quick ? " (quick is the same: one image)" : "")}";
        double own = Roughness(update);
        double noisy = Roughness(estimate);
        return new Outcome
        {
            On = $"{task.On}; {place}",
            Traces = csv,
            Claims =
            [
                new Claim("The update is less noisy than the estimate.", $"roughness (mean step-to-step change over the mean size) {own:F2} against {noisy:F2}", own < noisy),
                new Claim("Its smoothing is like ZO-ADAM's.", $"roughness {own:F2}, ZO-ADAM's {Roughness(adam):F2}, ZO-SGD's {Roughness(sgd):F2}", Math.Abs(own - Roughness(adam)) < Math.Abs(own - Roughness(sgd))),
                new Claim("The predicted deviation is smoother still.", $"roughness around its mean {Roughness(Centred(deviation)):F2}", Roughness(Centred(deviation)) < own),
                new Claim("The deviation follows the update's size more than the estimate's.",
                    $"correlation {Correlation(deviation, update):F2} with |update|, {Correlation(deviation, estimate):F2} with |estimate|", Correlation(deviation, update) > Correlation(deviation, estimate)),
            ],
            Blocks =
            [
                new ChartsBlock("One coordinate",
                [
                    new Chart("trajectory-deviation", $"Predicted deviation, {place}", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("deviation σ"), [new ChartSeries("QueryRNN", x, deviation)]),
                    new Chart("trajectory-estimate", "Gradient estimate", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("estimate ĝ"), [new ChartSeries("estimate", x, estimate)]),
                    new Chart("trajectory-update", "Updates from the same estimates", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("update Δθ"),
                        [new ChartSeries("ZO-LSTM", x, update), new ChartSeries("ZO-SGD", x, sgd) { Dashed = true }, new ChartSeries("ZO-ADAM", x, adam) { Dashed = true }])
                    {
                        Caption = "ZO-SGD and ZO-ADAM are given the estimates that ZO-LSTM saw; only ZO-LSTM's updates were made.",
                    },
                ]),
            ],
        };
    }

    private static int Largest(float[] theta) => Enumerable.Range(0, theta.Length).MaxBy(i => Math.Abs(theta[i]));

    private static double[] Replay(Recording recording, int pixel, OptimizerSettings settings, int d, bool isAdam)
    {
        UpdateRule rule = isAdam ? UpdateRules.Adam((float)settings.Beta1, (float)settings.Beta2, (float)settings.Epsilon) : UpdateRules.Sgd;
        var state = new float[2];
        var update = new float[1];
        var updates = new double[recording.Estimates.Count];
        for (int t = 0; t < updates.Length; t++)
        {
            rule([recording.Estimates[t][pixel]], t + 1, (float)(settings.StepSize / d), isAdam ? state : [], update);
            updates[t] = update[0];
        }

        return updates;
    }

    private static double Roughness(double[] values) =>
        values.Length < 2 || values.All(v => v == 0) ? double.NaN : values.Zip(values.Skip(1), (a, b) => Math.Abs(b - a)).Average() / values.Average(Math.Abs);

    private static double[] Centred(double[] values) => [.. values.Select(v => v - values.Average())];

    private static double Correlation(double[] a, double[] b) => Statistics.Correlation(a, [.. b.Select(Math.Abs)]);
}

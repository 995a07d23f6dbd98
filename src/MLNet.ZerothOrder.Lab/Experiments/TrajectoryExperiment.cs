using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Figure 4e: one coordinate over time.</summary>
internal static class TrajectoryExperiment
{
    public static Findings Run(ExperimentContext context)
    {
        AttackTask task = context.Mnist();
        ImageSet images = task.FirstCorrect(1);
        Recorder recording = task.Record(images, 0, task.LearnedWithQuery).Steps;
        float[] last = recording.Thetas[^1];
        int pixel = Enumerable.Range(0, last.Length).MaxBy(i => Math.Abs(last[i]));
        int steps = recording.Estimates.Count;
        double[] x = [.. Enumerable.Range(1, steps).Select(t => (double)t)];
        double[] estimate = [.. recording.Estimates.Select(g => (double)g[pixel])];
        double[] deviation = [.. recording.Deviations.Select(s => (double)s[pixel])];
        double[] update = [.. Enumerable.Range(0, steps).Select(t => (double)recording.Thetas[t + 1][pixel] - recording.Thetas[t][pixel])];
        double[] sgd = Replay("zo-sgd", _ => UpdateRules.Sgd, 0);
        double[] adam = Replay("zo-adam", s => UpdateRules.Adam((float)s.Beta1, (float)s.Beta2, (float)s.Epsilon), 2);
        var csv = new Csv("iteration", "estimate", "deviation", "update", "sgdUpdate", "adamUpdate");
        for (int t = 0; t < steps; t++)
        {
            csv.Add(t + 1, estimate[t], deviation[t], update[t], sgd[t], adam[t]);
        }

        string place = $"pixel ({pixel / images.Shape.Width}, {pixel % images.Shape.Width}) of image {images.ImageName(0)}{(context.Options.Quick ? " (quick is the same: one image)" : "")}";
        double own = Roughness(update);
        double noisy = Roughness(estimate);
        double[] centred = [.. deviation.Select(s => s - deviation.Average())];
        return new Findings
        {
            On = $"{task.On}; {place}",
            Traces = csv,
            Claims =
            [
                new Claim("The update is less noisy than the estimate.", $"roughness (mean step-to-step change over the mean size) {own:F2} against {noisy:F2}", own < noisy),
                new Claim("Its smoothing is like ZO-ADAM's.", $"roughness {own:F2}, ZO-ADAM's {Roughness(adam):F2}, ZO-SGD's {Roughness(sgd):F2}", Math.Abs(own - Roughness(adam)) < Math.Abs(own - Roughness(sgd))),
                new Claim("The predicted deviation is smoother still.", $"roughness around its mean {Roughness(centred):F2}", Roughness(centred) < own),
                new Claim("The deviation follows the update's size more than the estimate's.",
                    $"correlation {Correlation(update):F2} with |update|, {Correlation(estimate):F2} with |estimate|", Correlation(update) > Correlation(estimate)),
            ],
            Blocks =
            [
                new ChartsBlock("One coordinate",
                [
                    Figures.Lines("trajectory-deviation", $"Predicted deviation, {place}", "deviation σ", new ChartSeries("QueryRNN", x, deviation)),
                    Figures.Lines("trajectory-estimate", "Gradient estimate", "estimate ĝ", new ChartSeries("estimate", x, estimate)),
                    Figures.Lines(
                        "trajectory-update", "Updates from the same estimates", "update Δθ",
                        new ChartSeries("ZO-LSTM", x, update), new ChartSeries("ZO-SGD", x, sgd) { Dashed = true }, new ChartSeries("ZO-ADAM", x, adam) { Dashed = true }) with
                    {
                        Caption = "ZO-SGD and ZO-ADAM get the estimates of ZO-LSTM's run. Only ZO-LSTM's updates were applied.",
                    },
                ]),
            ],
        };

        double Correlation(double[] values) => Figures.Correlation(deviation, [.. values.Select(Math.Abs)]);

        double[] Replay(string name, Func<OptimizerSettings, UpdateRule> make, int stateLength)
        {
            OptimizerSettings settings = task.Settings?.For(name) ?? new OptimizerSettings();
            UpdateRule rule = make(settings);
            var state = new float[stateLength];
            var change = new float[1];
            return
            [
                .. recording.Estimates.Select((g, t) =>
                {
                    rule([g[pixel]], t + 1, (float)(settings.StepSize / images.Shape.Length), state, change);
                    return (double)change[0];
                }),
            ];
        }
    }

    private static double Roughness(double[] values) =>
        values.Length < 2 || values.All(v => v == 0) ? double.NaN : values.Zip(values.Skip(1), (a, b) => Math.Abs(b - a)).Average() / values.Average(Math.Abs);
}

using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// Figure 4d: how close the gradient estimate of ZO-SGD is to the true gradient, with and without QueryRNN, before either of the two attacks
/// on an image succeeds. The true gradient is measured with two queries per coordinate (Eq. 5), which is too expensive for an attack.
/// </summary>
internal static class CosineExperiment
{
    // Central differences of the margin are accurate for a wide range of μ. The gradient of the distortion is known exactly.
    private const float Smoothing = 1e-3f;

    // Later estimates are not measured, to save queries.
    private const int LastIteration = 60;

    // Step 1 samples without QueryRNN, and step 2 is the first after it.
    private const int FirstIteration = 2;

    public static Findings Run(ExperimentContext context)
    {
        AttackTask task = context.Mnist();
        int[] directions = context.Options.Quick ? [10, 20, 50] : [5, 10, 20, 50, 100];
        int every = context.Options.Quick ? 8 : 5;
        ImageSet images = task.FirstCorrect(context.Images());
        string[] optimizers = [$"{task.LearnedWithQuery}:no-update", "zo-sgd"];
        var csv = new Csv("optimizer", "directions", "image", "iteration", "cosine");
        Estimate[][] byDirections = [.. directions.Select(Measure)];
        Estimate[][] cosines = [.. optimizers.Select((_, o) => byDirections.Select(pair => pair[o]).ToArray())];
        (Estimate[] with, Estimate[] without) = (cosines[0], cosines[1]);
        double[] gains = [.. with.Zip(without, (a, b) => a.Value / b.Value)];

        // The means differ by more than two standard errors of their difference.
        bool clear = with.Zip(without, (a, b) => Math.Abs(a.Value - b.Value) > 2 * double.Hypot(a.StandardError, b.StandardError)).All(apart => apart);
        string size = context.Size("image", images.Count, 1);
        return new Findings
        {
            On = $"{task.On}; {size}, every {every}th of the first {LastIteration} iterations until one of the two succeeds",
            Traces = csv,
            Claims =
            [
                new Claim("The estimate is closer to the true gradient with QueryRNN.",
                    string.Join("; ", directions.Select((q, k) => $"q = {q}: {Numeral.Of(with[k].Value)} against {Numeral.Of(without[k].Value)} ({gains[k]:F2} times)")),
                    gains.All(gain => gain > 1) ? (clear ? true : null) : false),
                new Claim("Its lead grows with q.", $"{gains[0]:F2} times at q = {directions[0]}, {gains[^1]:F2} at q = {directions[^1]}", gains[^1] > gains[0]),
            ],
            Blocks =
            [
                new ChartsBlock("Cosine with the true gradient",
                [
                    new Chart("cosine", $"Mean cosine, {size}", ChartKind.Dots, new ChartAxis("directions q"), new ChartAxis("cosine"),
                    [
                        .. optimizers.Select((optimizer, o) => new ChartSeries(task.Label(optimizer), [.. directions.Select(q => (double)q)], [.. cosines[o].Select(c => c.Value)])
                        {
                            Low = [.. cosines[o].Select(c => c.Value - Error(c))],
                            High = [.. cosines[o].Select(c => c.Value + Error(c))],
                        }),
                    ]) { Caption = "Bands are one standard error over images." },
                ]),
            ],
        };

        static double Error(Estimate cosine) => double.IsNaN(cosine.StandardError) ? 0 : cosine.StandardError;

        // The mean cosine of each optimizer, over images on which neither succeeds at once.
        Estimate[] Measure(int q)
        {
            var byImage = optimizers.Select(_ => new List<double>()).ToArray();
            for (int i = 0; i < images.Count; i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                Recording[] recordings = [.. optimizers.Select(optimizer => (task with { Directions = q, Iterations = LastIteration }).Record(images, i, optimizer))];
                long last = recordings.Min(r => r.Problem.QueriesToFirstSolved is { } queries ? (queries - 1) / (q + 1) : LastIteration);
                for (int o = 0; o < optimizers.Length && last >= FirstIteration; o++)
                {
                    var measured = new List<double>();
                    for (int t = FirstIteration; t <= last; t += every)
                    {
                        // Estimate t is made at iterate t − 1.
                        float[] truth = TrueGradient(task, (AttackObjective)recordings[o].Problem.Objective, recordings[o].Steps.Thetas[t - 1]);
                        measured.Add(TensorPrimitives.CosineSimilarity(truth, recordings[o].Steps.Estimates[t - 1]));
                        csv.Add(optimizers[o], q, images.ImageName(i), t, measured[^1]);
                    }

                    byImage[o].Add(measured.Average());
                }
            }

            return [.. byImage.Select(cosines => Jackknife.RatioOfSums([.. cosines], [.. cosines.Select(_ => 1.0)]))];
        }
    }

    private static float[] TrueGradient(AttackTask task, AttackObjective objective, float[] theta)
    {
        int d = theta.Length;
        float[] scores = task.Oracle.ScoreRows((2 * d) + 1, Write);
        var input = new float[d];
        double Loss(int row)
        {
            Write(row, input);
            return objective.Evaluate(input, scores.AsSpan(row * task.Oracle.ScoreLength, task.Oracle.ScoreLength)).Queried;
        }

        bool margin = Loss(2 * d) > -task.Loss.Confidence;
        var gradient = new float[d];
        for (int i = 0; i < d; i++)
        {
            float slope = margin ? (float)((Loss(2 * i) - Loss((2 * i) + 1)) / (2 * Smoothing)) : 0;
            gradient[i] = slope + ((float)task.Loss.DistortionWeight * MathF.Sign(theta[i]));
        }

        return gradient;

        // Rows 2i and 2i + 1 move coordinate i up and down; the last row is θ itself.
        void Write(int row, Span<float> to)
        {
            float[] moved = [.. theta];
            if (row < 2 * d)
            {
                moved[row / 2] += row % 2 == 0 ? Smoothing : -Smoothing;
            }

            objective.Decode(moved, to);
        }
    }
}

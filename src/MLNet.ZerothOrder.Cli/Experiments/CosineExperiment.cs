using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>
/// Figure 4d: how close the gradient estimate is to the true gradient, with and without QueryRNN. The true gradient is measured with two
/// queries per coordinate (Eq. 5), which no attack pays for.
/// </summary>
internal sealed class CosineExperiment() : Experiment("cosine", "Figure 4d", "cosine of the estimate with the true gradient against q, with and without QueryRNN")
{
    // Central differences of the margin are good over a wide range; the distortion's part is known exactly.
    private const float Smoothing = 1e-3f;

    // Before an attack has converged.
    private const int LastIteration = 60;

    public override IReadOnlyList<Amount> Images { get; } = [new(20, 2)];

    public override Outcome Run(Lab lab)
    {
        AttackTask task = lab.Mnist();
        int[] directions = lab.Options.Quick ? [10, 20, 50] : [5, 10, 20, 50, 100];
        int every = lab.Options.Quick ? 15 : 5;
        ImageSet images = lab.Right(task, lab.Images(Images[0]));
        string[] optimizers = [task.Learned, $"{task.Learned}:no-query"];
        var cosines = new List<(string Optimizer, int Directions, double Mean, double Error)>();
        var csv = new Csv("optimizer", "directions", "image", "iteration", "cosine");
        foreach (string typed in optimizers)
        {
            foreach (int q in directions)
            {
                var byImage = new List<double>();
                for (int i = 0; i < images.Count; i++)
                {
                    lab.Cancellation.ThrowIfCancellationRequested();
                    (int Iteration, double Cosine)[] measured = Measure(lab, task, images, i, typed, q, every);
                    foreach ((int iteration, double cosine) in measured)
                    {
                        csv.Add(typed, q, images.ImageName(i), iteration, cosine);
                    }

                    byImage.Add(measured.Average(m => m.Cosine));
                }

                cosines.Add((typed, q, byImage.Average(), Statistics.Deviation([.. byImage]) / Math.Sqrt(byImage.Count)));
            }
        }

        double Cosine(string o, int q) => cosines.Single(c => c.Optimizer == o && c.Directions == q).Mean;
        double[] gains = [.. directions.Select(q => Cosine(optimizers[0], q) / Cosine(optimizers[1], q))];
        string size = lab.Size("image", images.Count, 1);
        return new Outcome
        {
            On = $"{task.On}; {size}, every {every}th of the first {LastIteration} iterations",
            Traces = csv,
            Claims =
            [
                new Claim("The estimate is closer to the true gradient with QueryRNN.",
                    string.Join("; ", directions.Select((q, k) => $"q = {q}: {Draw.Text(Cosine(optimizers[0], q))} against {Draw.Text(Cosine(optimizers[1], q))} ({gains[k]:F2} times)")),
                    gains.All(gain => gain > 1) ? (directions.All(Clear) ? true : null) : false),
                new Claim("Its lead grows with q.", $"{gains[0]:F2} times at q = {directions[0]}, {gains[^1]:F2} at q = {directions[^1]}", gains[^1] > gains[0]),
            ],
            Blocks =
            [
                new ChartsBlock("Cosine with the true gradient",
                [
                    new Chart("cosine", $"Mean cosine, {size}", ChartKind.Dots, new ChartAxis("directions q"), new ChartAxis("cosine"),
                    [
                        .. optimizers.Select(o => new ChartSeries(OptimizerLabel.Of(o, task.Learned), [.. directions.Select(q => (double)q)], [.. directions.Select(q => Cosine(o, q))])
                        {
                            Low = [.. directions.Select(q => Band(o, q, -1))],
                            High = [.. directions.Select(q => Band(o, q, 1))],
                        }),
                    ]) { Caption = "Bands are one standard error over images." },
                ]),
            ],
        };

        // More than two standard errors of the difference apart.
        bool Clear(int q)
        {
            (_, _, double mean, double error) = cosines.Single(c => c.Optimizer == optimizers[0] && c.Directions == q);
            (_, _, double without, double errorWithout) = cosines.Single(c => c.Optimizer == optimizers[1] && c.Directions == q);
            return Math.Abs(mean - without) > 2 * Math.Sqrt((error * error) + (errorWithout * errorWithout));
        }

        double Band(string o, int q, int sign)
        {
            (_, _, double mean, double error) = cosines.Single(c => c.Optimizer == o && c.Directions == q);
            return double.IsNaN(error) ? mean : mean + (sign * error);
        }
    }

    private static (int Iteration, double Cosine)[] Measure(Lab lab, AttackTask task, ImageSet images, int image, string typed, int q, int every)
    {
        var recording = Recording.Of(lab, task with { Directions = q, Iterations = LastIteration }, images, image, typed);
        var objective = (AttackObjective)recording.Problem.Objective;

        // The t-th estimate is made at the iterate before it.
        return
        [
            .. Enumerable.Range(1, LastIteration / every).Select(k => k * every).Select(t => (
                t, (double)TensorPrimitives.CosineSimilarity(TrueGradient(task, objective, recording.Thetas[t - 2]), recording.Estimates[t - 1]))),
        ];
    }

    private static float[] TrueGradient(AttackTask task, AttackObjective objective, float[] theta)
    {
        int d = theta.Length;
        float[] scores = task.Oracle.ScoreRows((2 * d) + 1, (row, input) => Write(row, input));
        var input = new float[d];
        Evaluation At(int row)
        {
            Write(row, input);
            return objective.Evaluate(input, scores.AsSpan(row * task.Oracle.ScoreLength, task.Oracle.ScoreLength));
        }

        bool margin = At(2 * d).Queried > -task.Loss.Confidence;
        var gradient = new float[d];
        for (int i = 0; i < d; i++)
        {
            float slope = margin ? (float)((At(2 * i).Queried - At((2 * i) + 1).Queried) / (2 * Smoothing)) : 0;
            gradient[i] = slope + ((float)task.Loss.DistortionWeight * MathF.Sign(theta[i]));
        }

        return gradient;

        void Write(int row, Span<float> to)
        {
            if (row == 2 * d)
            {
                objective.Decode(theta, to);
                return;
            }

            float[] moved = [.. theta];
            moved[row / 2] += row % 2 == 0 ? Smoothing : -Smoothing;
            objective.Decode(moved, to);
        }
    }
}

using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A comparison as zo writes it, made by hand: losses that fall, images of four pixels.</summary>
internal static class SampleRun
{
    public static readonly string[] Optimizers = ["zo-sgd", "zo-prox"];

    /// <summary>Problems of one optimizer; the second optimizer is the faster one, and every fifth image of the first resists.</summary>
    public static ImageResult[] Problems(int optimizer, int images, int iterations, Func<int, string>? name = null) =>
    [
        .. Enumerable.Range(0, images).Select(i =>
        {
            bool success = optimizer > 0 || i % 5 != 4;
            double[] trace = [.. Enumerable.Range(0, iterations + 1).Select(t => 0.5 + ((10 + (i % 7)) * Math.Exp(-t * (1 + optimizer) / 30.0)))];
            return Results.Success(name?.Invoke(i) ?? $"{i}", i) with
            {
                Label = i % 10,
                AdversarialLabel = success ? (i + 3) % 10 : null,
                Trace = trace,
                BestLoss = trace[^1],
                Success = success,
                Queries = (21 * iterations) + 1,
                QueriesToFirstSuccess = success ? (21 * (1 + ((i * 37) % iterations) / (1 + optimizer))) + 1 : null,
                Distortion = success ? new Distortion(1 + ((i * 13) % 29), 1, 0.5) : null,
                FirstDistortion = success ? new Distortion(30, 2, 1) : null,
                SavedSuccess = success ? i % 3 != 0 : null,
                Adversarial = success ? new float[] { 0.25f, 0.5f, 0.75f, 1 } : (ReadOnlyMemory<float>?)null,
            };
        }),
    ];

    public static AttackResult Document(int images, int iterations, string[]? optimizers = null, Func<int, string>? name = null, ResultFolder? folder = null)
    {
        string[] names = optimizers ?? Optimizers;
        IReadOnlyList<string> subFolders = ResultFolder.SubFolders(names);
        (string Optimizer, IReadOnlyList<ImageResult> Images)[] all = [.. names.Select((optimizer, o) => (optimizer, (IReadOnlyList<ImageResult>)Problems(o, images, iterations, name)))];
        return Results.Document() with
        {
            Command = "zo compare --optimizers " + string.Join(',', names),
            Runs =
            [
                .. all.Select((run, o) => new AttackRun
                {
                    Optimizer = run.Optimizer,
                    Settings = new RunSettings { Directions = 20, Iterations = iterations, DistortionWeight = 0.1 },
                    Images = folder?.WriteImages(subFolders[o], Results.Shape, run.Images) ?? run.Images,
                    Summary = AttackStatistics.From(run.Images),
                    Comparison = RunComparison.From(run.Images, all),
                }),
            ],
        };
    }

    public static TrainingResult Training(string file = "mine.onnx") => new()
    {
        Version = "1.2.3",
        Command = $"zo train --out {file}",
        Partial = false,
        Options = new SortedDictionary<string, string> { ["horizon"] = "200", ["stage"] = "Both" },
        TrainedOn = "attacks on m.onnx",
        Points =
        [
            new TrainingPoint("update", 0, null, 9, true, 8, 10, 0.004, 0),
            new TrainingPoint("update", 20, 7.5, 6, true, 4, 6, 0.003, 1000),
            new TrainingPoint("update", 40, 5.5, double.NaN, false, double.NaN, double.PositiveInfinity, 0.001, 2000),
            new TrainingPoint("query", 0, null, 5, true, 3, 5, 0.004, 2000),
        ],
        Queries = 2000,
        ValidationQueries = 300,
        SuppliedGradients = 0,
        Seconds = 12.5,
        ValidationLoss = 5,
        File = file,
        Sha256 = "00ff",
    };
}

using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Results as an attack gives them, made by hand.</summary>
internal static class Results
{
    public static readonly ImageShape Shape = new(1, 2, 2);

    public static ImageResult Success(string name, int index = 0, int trial = 0) => new()
    {
        Index = index,
        Name = name,
        Label = 3,
        Trial = trial,
        Trace = [2, 0.5, 0.75],
        BestLoss = 0.5,
        Success = true,
        Queries = 43,
        QueriesToFirstSuccess = 22,
        StopReason = StopReason.Iterations,
        Distortion = new Distortion(1.5, 1, 0.75),
        FirstDistortion = new Distortion(2, 1.25, 1),
        AdversarialLabel = 5,
        SavedSuccess = true,
        Original = new float[] { 0, 0, 0, 0 },
        Adversarial = new float[] { 0.25f, 0.5f, 0.75f, 1 },
        Last = new float[] { 0, 0, 0, 1 },
    };

    public static ImageResult Failure(string name) => Success(name) with
    {
        Trace = [4, 3, 2],
        BestLoss = 2,
        Success = false,
        QueriesToFirstSuccess = null,
        Distortion = null,
        FirstDistortion = null,
        AdversarialLabel = null,
        SavedSuccess = null,
        Adversarial = null,
    };

    /// <summary>A problem that was cancelled before its first answer.</summary>
    public static ImageResult Unasked(string name) => Failure(name) with
    {
        Trace = [],
        BestLoss = double.NaN,
        Queries = 0,
        StopReason = StopReason.Cancelled,
        Last = null,
    };

    public static AttackResult Document(params ImageResult[] problems) => new()
    {
        Version = "1.2.3",
        Command = "zo attack --images 'my \"digits\" & more'",
        Partial = false,
        Seed = -7,
        Model = new AttackedModel("m.onnx", "00ff", "image: Float32 [N, 1, 2, 2], images 1×2×2", 10, "logits"),
        Dataset = "digits",
        OverheadQueries = 12,
        Skipped = [new SkippedImage(0, "4", 1, 2, "misclassified")],
        Runs =
        [
            new AttackRun
            {
                Optimizer = "zo-sgd",
                Settings = new RunSettings { Directions = 20, Smoothing = 0.001, StepSize = 8, Kind = "hand-designed" },
                Images = [.. problems.Select(p => p.Success ? p with { ImageFile = $"images/{p.Name}.png" } : p)],
                Summary = AttackStatistics.From(problems),
            },
        ],
        Timing = new AttackTiming(2, 1.5, 43),
    };
}

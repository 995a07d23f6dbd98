using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Three clouds in the unit cube, and models that tell them apart.</summary>
internal static class Points
{
    public const int Dimension = 6;

    public static AttackOptions Attack { get; } = new()
    {
        Limits = new RunLimits { Iterations = 30 },
        Loss = new AttackLoss { DistortionWeight = 0.05 },
        Smoothing = 0.05,
    };

    public static IEnumerable<Point> Rows(int count, int classes = 3)
    {
        var random = new Random(5);
        for (int i = 0; i < count; i++)
        {
            int label = i % classes;
            yield return new Point
            {
                Label = label,
                Is = label == 1,
                Name = $"class {label}",
                Features = [.. Enumerable.Range(0, Dimension).Select(k => Math.Clamp((k % classes == label ? 0.75f : 0.3f) + (float)(0.2 * (random.NextDouble() - 0.5)), 0, 1))],
            };
        }
    }

    public static IDataView View(MLContext ml, int count = 60, int classes = 3) => ml.Data.LoadFromEnumerable(Rows(count, classes));

    /// <summary>A linear model of three classes, from the features on.</summary>
    public static ITransformer Linear(MLContext ml, IDataView data) =>
        ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 20)).Fit(data).LastTransformer;

    internal sealed class Point
    {
        [VectorType(Dimension)]
        public float[] Features { get; set; } = [];

        public int Label { get; set; }

        public bool Is { get; set; }

        public string Name { get; set; } = "";
    }
}

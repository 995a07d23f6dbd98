using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Generated digits as ML.NET rows, and the bundled classifier that knows them.</summary>
internal static class Digits
{
    public const int Pixels = 28 * 28;

    public static string LeNet { get; } = Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx");

    /// <summary>A short attack that succeeds on some digits and not on others.</summary>
    public static BlackBoxAttackOptions Options { get; } = new()
    {
        ModelPath = LeNet,
        Attack = new AttackOptions { Limits = new RunLimits { Iterations = 12 }, Scores = ScoreKind.Logits, Seed = 3 },
    };

    public static IEnumerable<Digit> Rows(int count, long seed = GeneratedDigits.TestSeed)
    {
        ImageSet images = GeneratedDigits.Create(Math.Max(1, count), seed);
        return Enumerable.Range(0, count).Select(i => new Digit { Id = i, Features = images.Image(i).ToArray(), Label = images.Label(i) });
    }

    public static IDataView View(this MLContext ml, int count, long seed = GeneratedDigits.TestSeed) => ml.Data.LoadFromEnumerable(Rows(count, seed));

    /// <summary>Attacked rows in memory.</summary>
    public static AttackedDigit[] Read(this MLContext ml, IDataView attacked) => [.. ml.Data.CreateEnumerable<AttackedDigit>(attacked, reuseRowObject: false)];

    internal sealed class Digit
    {
        public int Id { get; set; }

        [VectorType(Pixels)]
        public float[] Features { get; set; } = [];

        public int Label { get; set; }
    }
}

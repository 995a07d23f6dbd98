using Microsoft.ML.Data;

namespace TuneThresholds;

/// <summary>Made-up messages of four kinds, two of them rare, in six features.</summary>
public sealed class Message
{
    /// <summary>The kinds, in the order of their keys.</summary>
    public static readonly string[] Kinds = ["complaint", "fraud", "question", "thanks"];

    private static readonly double[] Shares = [0.08, 0.04, 0.65, 0.23];

    /// <summary>What the model sees.</summary>
    [VectorType(6)]
    public float[] Features { get; set; } = [];

    /// <summary>What it is to name.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The same messages for the same seed.</summary>
    public static IEnumerable<Message> Generate(int count, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            double draw = random.NextDouble();
            int kind = 0;
            while (kind < Shares.Length - 1 && draw >= Shares[kind])
            {
                draw -= Shares[kind++];
            }

            var features = new float[6];
            for (int j = 0; j < features.Length; j++)
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                features[j] = (float)(normal + (j % Kinds.Length == kind ? 1.0 : 0));
            }

            yield return new Message { Features = features, Kind = Kinds[kind] };
        }
    }
}

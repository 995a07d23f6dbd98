using Microsoft.ML.Data;

namespace TuneThresholds;

/// <summary>An invented message with six features, of one of four kinds; two kinds are rare.</summary>
public sealed class Message
{
    /// <summary>The kinds, in the order of their keys.</summary>
    public static readonly string[] Kinds = ["complaint", "fraud", "question", "thanks"];

    private static readonly double[] Shares = [0.08, 0.04, 0.65, 0.23];

    /// <summary>The model's input.</summary>
    [VectorType(6)]
    public float[] Features { get; set; } = [];

    /// <summary>The kind, which the model predicts.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Generates messages; the same seed gives the same ones.</summary>
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

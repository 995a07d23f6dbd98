using System.Text.Json;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The result of a benchmark.</summary>
public abstract record BenchResult
{
    private static readonly LabJson Json = new(new JsonSerializerOptions(LabJson.Default.Options) { WriteIndented = true });

    private protected BenchResult()
    {
    }

    /// <summary>The result as a JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GetType(), Json);
}

using System.Text.Json;

namespace MLNet.ZerothOrder.Lab;

/// <summary>What a benchmark measured.</summary>
public abstract record BenchResult
{
    private static readonly LabJson Json = new(new JsonSerializerOptions(LabJson.Default.Options) { WriteIndented = true });

    private protected BenchResult()
    {
    }

    /// <summary>All of it as a JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GetType(), Json);
}

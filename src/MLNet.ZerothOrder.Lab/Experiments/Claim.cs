using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>A claim of the paper, and what was measured.</summary>
/// <param name="Paper">What the paper says.</param>
/// <param name="Measured">What was measured here.</param>
/// <param name="Holds">Whether it holds here; null where the measurement cannot tell.</param>
public sealed record Claim(string Paper, string Measured, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] bool? Holds)
{
    /// <summary>Whether it holds, in words.</summary>
    [JsonIgnore]
    public string Verdict => Holds switch
    {
        true => "holds",
        false => "does not hold",
        null => "open",
    };
}

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>A claim of the paper, and the measurement that checks it.</summary>
/// <param name="Paper">The claim.</param>
/// <param name="Measured">The measurement, in words.</param>
/// <param name="Holds">Whether the measurement confirms the claim; null if it cannot decide.</param>
public sealed record Claim(string Paper, string Measured, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] bool? Holds)
{
    /// <summary><see cref="Holds"/> in words.</summary>
    [JsonIgnore]
    public string Verdict => Holds switch
    {
        true => "holds",
        false => "does not hold",
        null => "open",
    };
}

using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One optimizer's run in a result file.</summary>
/// <param name="Optimizer">The optimizer as it was typed.</param>
/// <param name="Settings">All settings that shaped the run, by name.</param>
/// <param name="Problems">One record per image and trial.</param>
/// <param name="Summary">The figures over all problems.</param>
public sealed record RunRecord(
    string Optimizer, IReadOnlyDictionary<string, object?> Settings, IReadOnlyList<ProblemRecord> Problems, SummaryRecord Summary)
{
    /// <summary>The run against others on the same images; absent where there is none to compare with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComparisonRecord? Comparison { get; init; }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The state of a fitted attack, in the form of a saved model.</summary>
internal sealed record AttackState
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string InputColumnName { get; init; }

    public required string LabelColumnName { get; init; }

    public required LabelType? Label { get; init; }

    public required int Dimension { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required OptimizerSource Optimizer { get; init; }

    /// <summary>The options with a fixed μ and kind of scores, so that rows do not depend on each other.</summary>
    public required AttackOptions Attack { get; init; }

    public required float Minimum { get; init; }

    public required float Maximum { get; init; }

    public int? LookAhead { get; init; }

    /// <summary>The constraints of a table's rows, as JSON; null for rows without.</summary>
    public string? Constraints { get; init; }

    /// <summary>The columns of a table's rows; null for one column of vectors.</summary>
    public IReadOnlyList<string>? InputColumnNames { get; init; }

    /// <summary>The goal of a regression, which has no label; null for a classifier. Not saved.</summary>
    [JsonIgnore]
    public Func<float, RowGoal>? Goal { get; init; }

    /// <summary>Set when the attack is saved.</summary>
    public SavedTarget? Target { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this);

    /// <exception cref="InputException">The state has another version, or is damaged.</exception>
    public static AttackState FromJson(string json)
    {
        AttackState? state;
        try
        {
            state = JsonSerializer.Deserialize<AttackState>(json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException)
        {
            throw new InputException("The saved attack cannot be read; save it again with this version of MLNet.ZerothOrder.", e);
        }

        return state is { Version: CurrentVersion, Target: not null } ? state : throw new InputException(
            $"The saved attack has version {state?.Version ?? 0}, but this library reads version {CurrentVersion}; save it again with this version of MLNet.ZerothOrder.");
    }
}

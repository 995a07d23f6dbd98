using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>All that a fitted attack is, as a saved model holds it.</summary>
internal sealed record AttackState
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string InputColumnName { get; init; }

    public required string LabelColumnName { get; init; }

    public required LabelType Label { get; init; }

    public required int Dimension { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required OptimizerSource Optimizer { get; init; }

    /// <summary>With μ and the kind of scores settled, so that rows do not depend on each other.</summary>
    public required AttackOptions Attack { get; init; }

    public required float Minimum { get; init; }

    public required float Maximum { get; init; }

    public int? LookAhead { get; init; }

    /// <summary>Set when it is saved.</summary>
    public SavedTarget? Target { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this);

    /// <exception cref="InputException">It is of another version, or nonsense.</exception>
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
            $"The saved attack is of version {state?.Version ?? 0} and this library reads version {CurrentVersion}; save it again with this version of MLNet.ZerothOrder.");
    }
}

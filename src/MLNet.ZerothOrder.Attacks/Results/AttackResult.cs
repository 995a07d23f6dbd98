using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>
/// What an attack found. It is also the content of a run's <c>result.json</c>: everything that reports, tables and other programs need,
/// except the images themselves.
/// </summary>
public sealed record AttackResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of this library.</summary>
    public string Version { get; init; } = LibraryVersion;

    /// <summary>The command line or program that made the result; empty where nobody said.</summary>
    public string Command { get; init; } = "";

    /// <summary>True while the attack goes on, and for good where it was cancelled or ended by <see cref="Failure"/> before all was done.</summary>
    public required bool Partial { get; init; }

    /// <summary>
    /// The oracle's failure that ended the attack, or the first one where every image was set aside; null where there was none, or where
    /// some images were done (<see cref="ImageResult.Failure"/>). What had been found until then is kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(OracleFailureConverter))]
    public OracleException? Failure { get; init; }

    /// <summary>The root of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>The classifier.</summary>
    public required AttackedModel Model { get; init; }

    /// <summary>What the set of images is called.</summary>
    public required string Dataset { get; init; }

    /// <summary>Queries outside the problems: the clean images' check, the choice of encoding and μ, the check of the results.</summary>
    public long OverheadQueries { get; init; }

    /// <summary>Queries sent again because the run was interrupted before their answers were kept; counted nowhere else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ResentQueries { get; init; }

    /// <summary>Queries sent again because they failed, those outside the problems too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Queries sent twice to compare the answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CheckQueries { get; init; }

    /// <summary>Queries answered from memory. They are among the others and were not sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedQueries { get; init; }

    /// <summary>Images that were not attacked, and why.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>One run per optimizer, in the order they were given.</summary>
    public IReadOnlyList<AttackRun> Runs { get; init; } = [];

    /// <summary>The norm of all runs; ℓ1 where there are none.</summary>
    [JsonIgnore]
    public DistortionNorm Norm => Runs.Count > 0 ? Runs[0].Settings.Norm : DistortionNorm.L1;

    /// <summary>How long the attack took.</summary>
    public AttackTiming Timing { get; init; } = new(0, 0, 0);

    /// <summary>What the scores were taken for.</summary>
    [JsonIgnore]
    public ScoreKind Scores { get; init; }

    /// <summary>The version of this library.</summary>
    public static string LibraryVersion { get; } = typeof(AttackResult).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ResultJson.Readable.AttackResult);

    /// <summary>Writes the result as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, ResultJson.Readable.AttackResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote. Members that only a running attack has (images, scores) are left at their defaults.</summary>
    /// <exception cref="JsonException">It is no whole result.</exception>
    public static AttackResult Parse(JsonElement json)
    {
        AttackResult result = json.Deserialize(ResultJson.Readable.AttackResult) ?? throw new JsonException("it is null");

        // Generated code leaves a member that the file lacks null, whatever its own default.
        result = result with { Skipped = result.Skipped ?? [], Runs = result.Runs ?? [], Timing = result.Timing ?? new AttackTiming(0, 0, 0) };
        return result.Skipped.All(s => s is not null) && result.Runs.All(run => run is not null && run.Images.All(i => i is not null) && run.Comparison?.Against.All(a => a is not null) != false)
            ? result : throw new JsonException("a list in it has no element where one belongs");
    }
}

using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>
/// The result of an attack. It is also the content of a run's <c>result.json</c>: everything that reports, tables and other programs need,
/// except the images themselves.
/// </summary>
public sealed record AttackResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of this library.</summary>
    public string Version { get; init; } = LibraryVersion;

    /// <summary>The command line or program that created the result; empty if unknown.</summary>
    public string Command { get; init; } = "";

    /// <summary>True while the attack runs, and permanently if it was cancelled or ended by a <see cref="Failure"/> before it was finished.</summary>
    public required bool Partial { get; init; }

    /// <summary>
    /// The oracle's failure that ended the attack, or the first one if every image was set aside. Null without a failure, and if only
    /// some images were set aside (<see cref="ImageResult.Failure"/>). The results so far are kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(OracleFailureConverter))]
    public OracleException? Failure { get; init; }

    /// <summary>
    /// What makes figures of the result doubtful, such as an attack whose queries all gave the same scores, and what is not guaranteed for the classifier
    /// (<see cref="ClassifierInfo.Warnings"/>). One text each: what was seen, what it means, what to try.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The seed of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>The classifier.</summary>
    public required AttackedModel Model { get; init; }

    /// <summary>The name of the image set.</summary>
    public required string Dataset { get; init; }

    /// <summary>What was done to pictures to give them the model's size; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fit { get; init; }

    /// <summary>Whether the images had no labels, so that each counts as right while it keeps the class that the model gives the unchanged image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LabelsPredicted { get; init; }

    /// <summary>Queries outside the problems: checks of the clean images and of the results, and the choice of the encoding and of μ.</summary>
    public long OverheadQueries { get; init; }

    /// <summary>Queries sent again because the run was interrupted before their answers were saved. They are not counted elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ResentQueries { get; init; }

    /// <summary>Queries sent again after a failure, including those outside the problems.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Queries sent twice to compare the answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CheckQueries { get; init; }

    /// <summary>Queries answered from memory. They are included in the other counts but were not sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedQueries { get; init; }

    /// <summary>What all sent queries cost; null if they cost nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Cost { get; init; }

    /// <summary>Images that were not attacked, with the reason.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>One run per optimizer, in the given order.</summary>
    public IReadOnlyList<AttackRun> Runs { get; init; } = [];

    /// <summary>The norm of all runs; ℓ1 without runs.</summary>
    [JsonIgnore]
    public DistortionNorm Norm => Runs.Count > 0 ? Runs[0].Settings.Norm : DistortionNorm.L1;

    /// <summary>The duration of the attack.</summary>
    public AttackTiming Timing { get; init; } = new(0, 0, 0);

    /// <summary>The kind of the scores.</summary>
    [JsonIgnore]
    public ScoreKind Scores { get; init; }

    /// <summary>What a shard shares with the others; null for a result that was read.</summary>
    [JsonIgnore]
    internal ShardSharing? Sharing { get; init; }

    /// <summary>The version of this library.</summary>
    public static string LibraryVersion { get; } = typeof(AttackResult).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>
    /// The share of images that the classifier gets right and that the run did not fool in any trial, of all images that were attacked or misclassified, with its 95 % Wilson interval.
    /// Null without a ball or a number of pixels, where every image can be fooled, for a targeted attack, without labels, and without images.
    /// </summary>
    public (double Rate, Interval Interval95)? RobustAccuracy(AttackRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        int wrong = Skipped.Count(image => image.Predicted >= 0 && image.Predicted != image.Label);
        bool[] standing = [.. run.Images.Where(image => image.IsMeasured).GroupBy(image => image.Index).Select(trials => !trials.Any(image => image.Success))];
        int right = standing.Count(stands => stands), all = standing.Length + wrong;
        return LabelsPredicted || run.Settings is { BallRadius: null, Pixels: null } || run.Settings is not { Target: null, TargetChoice: null } || all == 0 ? null : ((double)right / all, AttackStatistics.Wilson(right, all));
    }

    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ResultJson.Readable.AttackResult);

    /// <summary>Writes the result as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, ResultJson.Readable.AttackResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>The finished result in a folder; null if there is none.</summary>
    internal static AttackResult? ReadFinished(string folder)
    {
        string file = System.IO.Path.Combine(folder, "result.json");
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return Complete(JsonSerializer.Deserialize(File.ReadAllBytes(file), ResultJson.Readable.AttackResult)) is { Partial: false } result ? result : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the output of <see cref="WriteTo"/>. Members that only a running attack has (images, scores) keep their defaults.</summary>
    /// <exception cref="JsonException">The result is incomplete.</exception>
    public static AttackResult Parse(JsonElement json)
    {
        return Complete(json.Deserialize(ResultJson.Readable.AttackResult));
    }

    private static AttackResult Complete(AttackResult? result)
    {
        // Generated code sets missing members to null, whatever their defaults.
        result = result is null ? throw new JsonException("it is null") : result with { Warnings = result.Warnings ?? [], Skipped = result.Skipped ?? [], Runs = result.Runs ?? [], Timing = result.Timing ?? new AttackTiming(0, 0, 0) };
        return result.Warnings.All(w => w is not null) && result.Skipped.All(s => s is not null) && result.Runs.All(run => run is not null && run.Images.All(i => i is not null) && run.Comparison?.Against.All(a => a is not null) != false)
            ? result : throw new JsonException("a list in it has no element where one belongs");
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The result of an audit, and the content of its <c>audit.json</c>.</summary>
public sealed record AuditResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of this library.</summary>
    public string Version { get; init; } = AttackResult.LibraryVersion;

    /// <summary>The command line or program that created the result; empty if unknown.</summary>
    public string Command { get; init; } = "";

    /// <summary>True while the audit runs, and permanently if it was interrupted.</summary>
    public required bool Partial { get; init; }

    /// <summary>What makes the figures doubtful, one text each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The seed of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>The classifier.</summary>
    public required AttackedModel Model { get; init; }

    /// <summary>The name of the image set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The norm of the balls.</summary>
    [JsonConverter(typeof(NormConverter))]
    public required DistortionNorm Norm { get; init; }

    /// <summary>The most queries per image and ball.</summary>
    public required long Budget { get; init; }

    /// <summary>How many queries of the budget a flagged one took; null if they were not counted apart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FlaggedCost { get; init; }

    /// <summary>Whether only predicted classes were used.</summary>
    public required bool LabelsOnly { get; init; }

    /// <summary>The least robust accuracy in the largest ball for a pass; null for no verdict.</summary>
    public double? Require { get; init; }

    /// <summary>The methods that had room for a step, in the order in which they ran, and their shares of the budget.</summary>
    public required IReadOnlyList<AuditMethod> Methods { get; init; }

    /// <summary>The prior from which the first method of each ball started, with the queries that it was learned with, which are not among those of the images; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PriorOrigin? Prior { get; init; }

    /// <summary>The share of the images that are classified correctly without any change; null for images without labels.</summary>
    public AuditShare? CleanAccuracy { get; init; }

    /// <summary>The balls, from the smallest to the largest. The last one of an interrupted audit may be unfinished.</summary>
    public IReadOnlyList<AuditLevel> Levels { get; init; } = [];

    /// <summary>Queries outside the budgets: checks of the clean images and of the results.</summary>
    public long OverheadQueries { get; init; }

    /// <summary>What all sent rows cost, over all processes; null without a price.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Cost { get; init; }

    /// <summary>The duration in seconds, without earlier processes.</summary>
    public double Seconds { get; init; }

    /// <summary>The oracle's failure that ended the audit early; null without one. It is not in the file.</summary>
    [JsonIgnore]
    public OracleException? Failure { get; init; }

    /// <summary>The queries of all images in all balls.</summary>
    [JsonIgnore]
    public long Queries => Levels.SelectMany(level => level.Stages).Sum(stage => stage.Queries);

    /// <summary>The flagged ones of <see cref="Queries"/>; null if they were not counted apart.</summary>
    [JsonIgnore]
    public long? FlaggedQueries => FlaggedCost is null ? null : Levels.SelectMany(level => level.Stages).Sum(stage => stage.FlaggedQueries ?? 0);

    /// <summary>Whether the largest ball's robust accuracy is at least <see cref="Require"/>; null without a requirement, and for an unfinished audit.</summary>
    public bool? Passed => Require is { } least && !Partial && Levels.Count > 0 ? Levels[^1].RobustAccuracy.Rate >= least : null;

    /// <summary>Writes the result as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        JsonSerializer.Serialize(stream, this, ResultJson.Readable.AuditResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>The finished audit in a folder; null if there is none.</summary>
    internal static AuditResult? ReadFinished(string folder)
    {
        string file = AuditSession.ResultFile(folder);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.Exists(file) ? File.ReadAllBytes(file) : "null"u8.ToArray());
            return json.RootElement.ValueKind == JsonValueKind.Object && Parse(json.RootElement) is { Partial: false } result ? result : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the output of <see cref="WriteTo"/>.</summary>
    /// <exception cref="JsonException">The result is incomplete.</exception>
    public static AuditResult Parse(JsonElement json)
    {
        AuditResult result = json.Deserialize(ResultJson.Readable.AuditResult) ?? throw new JsonException("it is null");
        result = result with { Warnings = result.Warnings ?? [], Levels = result.Levels ?? [] };
        return result.Warnings.All(w => w is not null) && result.Methods.All(m => m is not null)
            && result.Levels.All(l => l is not null && l.Images.All(i => i is not null) && l.Stages.All(s => s is not null) && l.Classes.All(c => c is not null))
            ? result : throw new JsonException("a list in it has no element where one belongs");
    }
}

/// <summary>A share of images.</summary>
/// <param name="Right">The images that are right.</param>
/// <param name="Of">All images.</param>
/// <param name="Rate">Their quotient.</param>
/// <param name="Interval95">Its 95 % Wilson interval.</param>
public sealed record AuditShare(int Right, int Of, double Rate, Interval Interval95)
{
    internal static AuditShare From(int right, int of) => new(right, of, of == 0 ? 0 : (double)right / of, AttackStatistics.Wilson(right, of));
}

/// <summary>The audit of one ball.</summary>
/// <param name="Epsilon">ε, the radius of the ball.</param>
/// <param name="RobustAccuracy">The share of the images that are classified correctly and that no method felled, of all images.</param>
/// <param name="Stages">The methods that ran.</param>
/// <param name="Classes">The same by class.</param>
/// <param name="Images">The correctly classified images.</param>
public sealed record AuditLevel(
    double Epsilon, AuditShare RobustAccuracy, IReadOnlyList<AuditStage> Stages, IReadOnlyList<AuditClass> Classes, IReadOnlyList<AuditImage> Images);

/// <summary>One method in one ball.</summary>
/// <param name="Method">The method.</param>
/// <param name="Budget">The most queries per image.</param>
/// <param name="Attacked">The images that were still standing.</param>
/// <param name="Fell">The images that it felled.</param>
/// <param name="Queries">The queries of all its images.</param>
/// <param name="Folder">The folder of its run, relative to that of the audit; null if it was not kept.</param>
/// <param name="FlaggedQueries">The queries that the classifier did not answer with the true class; null if they were not counted apart.</param>
public sealed record AuditStage(
    string Method, long Budget, int Attacked, int Fell, long Queries, string? Folder, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FlaggedQueries = null);

/// <summary>The images of one class.</summary>
/// <param name="Label">The class.</param>
/// <param name="RobustAccuracy">The share that is classified correctly and stands.</param>
public sealed record AuditClass(int Label, AuditShare RobustAccuracy);

/// <summary>A correctly classified image in one ball.</summary>
/// <param name="Name">The name of the image.</param>
/// <param name="Label">The true class.</param>
/// <param name="Fell">The method that felled it; null if it stands.</param>
/// <param name="Queries">The queries in this ball up to its fall, or all of them. For an image that fell in a smaller ball, those there.</param>
/// <param name="AdversarialLabel">The class of the adversarial image; null if it stands.</param>
/// <param name="ImageFile">The file of the adversarial image, relative to the folder of the audit; null if none was written.</param>
public sealed record AuditImage(string Name, int Label, string? Fell, long Queries, int? AdversarialLabel, string? ImageFile);

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>A run's result file, <c>result.json</c>: everything that reports, tables and other programs need.</summary>
public sealed record ResultDocument
{
    // Quotes and signs as they are: the file is read by people too, and is no part of a web page.
    private static readonly ResultJson Json = new(new JsonSerializerOptions(ResultJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The tool's version.</summary>
    public required string Version { get; init; }

    /// <summary>The command line that made the file.</summary>
    public required string Command { get; init; }

    /// <summary>True while the run goes on, and for good where it was interrupted or failed.</summary>
    public required bool Partial { get; init; }

    /// <summary>The oracle's failure that ended the run; absent without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Failure { get; init; }

    /// <summary>The root of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>The target.</summary>
    public required ModelRecord Model { get; init; }

    /// <summary>Where the images come from.</summary>
    public required string Dataset { get; init; }

    /// <summary>Queries outside the problems: clean check, choice of encoding and μ, check of the results.</summary>
    public long OverheadQueries { get; init; }

    /// <summary>Queries sent again because the run was interrupted before their answers were kept; counted nowhere else, absent where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ResentQueries { get; init; }

    /// <summary>Queries sent again because they failed, those outside the problems too; absent where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Queries sent twice to compare the answers; absent where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CheckQueries { get; init; }

    /// <summary>Queries answered from memory, which are among the others and were not sent; absent where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedQueries { get; init; }

    /// <summary>Images that were not attacked.</summary>
    public IReadOnlyList<SkippedRecord> Skipped { get; init; } = [];

    /// <summary>One run per optimizer.</summary>
    public IReadOnlyList<RunRecord> Runs { get; init; } = [];

    /// <summary>How long it took.</summary>
    public TimingRecord Timing { get; init; } = new(0, 0, 0);

    /// <summary>The document as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json.ResultDocument);

    /// <summary>Writes the document as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, Json.ResultDocument);
        stream.WriteByte((byte)'\n');
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Training;

/// <summary>A training's result file, <c>F.training.json</c> beside the optimizer <c>F.onnx</c>. Losses of a network that diverged may be "NaN".</summary>
public sealed record TrainingResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The tool's version.</summary>
    public string Version { get; init; } = AttackResult.LibraryVersion;

    /// <summary>The command line that made the file.</summary>
    public string Command { get; init; } = "";

    /// <summary>True where the training was interrupted or failed; the optimizer is the best so far.</summary>
    public required bool Partial { get; init; }

    /// <summary>The oracle's failure that ended the training; null without one. The file does not keep it.</summary>
    [JsonIgnore]
    public OracleException? Failure { get; init; }

    /// <summary>All that shaped the training, by name.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>What was learned on, in words.</summary>
    public required string TrainedOn { get; init; }

    /// <summary>The validations, in their order.</summary>
    public required IReadOnlyList<TrainingPoint> Points { get; init; }

    /// <summary>Queries of training.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries of validation.</summary>
    public required long ValidationQueries { get; init; }

    /// <summary>Gradients that somebody supplied instead of queries.</summary>
    public required long SuppliedGradients { get; init; }

    /// <summary>What computed the networks' gradients; null where a file does not say.</summary>
    public string? Backend { get; init; }

    /// <summary>How long it took; of a resumed training since it was resumed.</summary>
    public required double Seconds { get; init; }

    /// <summary>The objective of the written optimizer on the validation problems.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The optimizer's file.</summary>
    public required string File { get; init; }

    /// <summary>Its hash.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The document as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Readable.TrainingResult);

    /// <summary>Writes the document as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, TrainingJson.Readable.TrainingResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="JsonException">It is no whole result.</exception>
    public static TrainingResult Parse(JsonElement json) =>
        json.Deserialize(TrainingJson.Readable.TrainingResult) is { } result && result.Points.All(p => p is not null)
            ? result : throw new JsonException("a list in it has no element where one belongs");
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingResult))]
internal sealed partial class TrainingJson : JsonSerializerContext
{
    public static TrainingJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

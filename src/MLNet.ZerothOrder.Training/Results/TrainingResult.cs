using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Training;

/// <summary>The result file of a training, <c>F.training.json</c> beside the optimizer <c>F.onnx</c>. Losses of a diverged network may be "NaN".</summary>
public sealed record TrainingResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of the tool.</summary>
    public string Version { get; init; } = AttackResult.LibraryVersion;

    /// <summary>The command line that created the file.</summary>
    public string Command { get; init; } = "";

    /// <summary>True if the training was interrupted or failed. The optimizer is then the best so far.</summary>
    public required bool Partial { get; init; }

    /// <summary>The oracle's failure that ended the training; null without one. It is not saved in the file.</summary>
    [JsonIgnore]
    public OracleException? Failure { get; init; }

    /// <summary>All options that determined the training, by name.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>What the optimizer was trained on, as text.</summary>
    public required string TrainedOn { get; init; }

    /// <summary>The validations in order.</summary>
    public required IReadOnlyList<TrainingPoint> Points { get; init; }

    /// <summary>Queries of training.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries of validation.</summary>
    public required long ValidationQueries { get; init; }

    /// <summary>The number of supplied gradients, which cost no queries.</summary>
    public required long SuppliedGradients { get; init; }

    /// <summary>The backend that computed the networks' gradients; null if the file does not state it.</summary>
    public string? Backend { get; init; }

    /// <summary>The duration in seconds; for a resumed training, since the resume.</summary>
    public required double Seconds { get; init; }

    /// <summary>The objective of the saved optimizer on the validation problems.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The file of the optimizer.</summary>
    public required string File { get; init; }

    /// <summary>The SHA-256 of the file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The document as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Readable.TrainingResult);

    /// <summary>Writes the document as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, TrainingJson.Readable.TrainingResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads the output of <see cref="WriteTo"/>.</summary>
    /// <exception cref="JsonException">The result is incomplete.</exception>
    public static TrainingResult Parse(JsonElement json) =>
        json.Deserialize(TrainingJson.Readable.TrainingResult) is { } result && result.Points.All(p => p is not null)
            ? result : throw new JsonException("a list in it has no element where one belongs");
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(PriorResult))]
internal sealed partial class TrainingJson : JsonSerializerContext
{
    public static TrainingJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

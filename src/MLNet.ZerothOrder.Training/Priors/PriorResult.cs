using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Training;

/// <summary>The result file of a prior's training, <c>F.training.json</c> beside the prior <c>F.onnx</c>.</summary>
public sealed record PriorResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of the tool.</summary>
    public string Version { get; init; } = AttackResult.LibraryVersion;

    /// <summary>The command line that created the file.</summary>
    public string Command { get; init; } = "";

    /// <summary>True if the training was interrupted. The prior is then the best so far.</summary>
    public required bool Partial { get; init; }

    /// <summary>Everything that determined the training, by name.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The images that the classifier was asked about.</summary>
    public required string TrainedOn { get; init; }

    /// <summary>The epochs in order.</summary>
    public required IReadOnlyList<PriorPoint> Points { get; init; }

    /// <summary>The queries of the training.</summary>
    public required long Queries { get; init; }

    /// <summary>The duration in seconds; for a resumed training, since the resume.</summary>
    public required double Seconds { get; init; }

    /// <summary>The file of the prior.</summary>
    public required string File { get; init; }

    /// <summary>The SHA-256 of the file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The document as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Readable.PriorResult);
}

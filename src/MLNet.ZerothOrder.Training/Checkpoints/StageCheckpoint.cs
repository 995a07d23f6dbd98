using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Training;

/// <summary>What a training of one stage or two needs to resume bit for bit, and its file (<see cref="CheckpointEnvelope"/>): JSON with exact numbers.</summary>
public sealed record StageCheckpoint
{
    /// <summary>The stage under way: update, query, guided, proximal or spatial.</summary>
    public required string Stage { get; init; }

    /// <summary>The weights of the finished UpdateRNN, in the stage after it; null before.</summary>
    public float[]? Update { get; init; }

    /// <summary>Training queries of finished stages.</summary>
    public long Queries { get; init; }

    /// <summary>Validation queries of finished stages.</summary>
    public long ValidationQueries { get; init; }

    /// <summary>Supplied gradients of finished stages.</summary>
    public long SuppliedGradients { get; init; }

    /// <summary>All validations so far, of finished stages too.</summary>
    public IReadOnlyList<StageProgress> Validations { get; init; } = [];

    /// <summary>The stage's own.</summary>
    public required TrainingCheckpoint Trainer { get; init; }

    /// <summary>Writes the checkpoint, or replaces it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">All that shapes the training.</param>
    /// <exception cref="IOException">The file cannot be written; the earlier one is untouched.</exception>
    public void Write(string path, RunIdentity identity) => CheckpointEnvelope.Write(
        path, CheckpointKind.Training, content => JsonSerializer.Serialize(content, new TrainingCheckpointContent(identity, this), CheckpointJson.Default.TrainingCheckpointContent));

    /// <summary>Reads the checkpoint of a training with the same identity.</summary>
    /// <exception cref="InputException">The file is missing, not a training's checkpoint, damaged, of another version of the format, or of another training.</exception>
    public static StageCheckpoint Read(string path, RunIdentity identity)
    {
        TrainingCheckpointContent read = CheckpointEnvelope.Read(path, CheckpointKind.Training, (content, _) =>
        {
            try
            {
                return JsonSerializer.Deserialize(content, CheckpointJson.Default.TrainingCheckpointContent) is { Checkpoint.Trainer: not null } whole
                    && !whole.Checkpoint.Validations.Contains(null!) ? whole : throw new JsonException("a part of it is missing");
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                throw new InputException($"Checkpoint {path} is damaged ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); remove it and start again.", e);
            }
        });
        read.Identity.ThrowIfOther(identity, path);
        return read.Checkpoint;
    }
}

internal sealed record TrainingCheckpointContent(RunIdentity Identity, StageCheckpoint Checkpoint);

// The lowest loss is NaN until one is a number.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingCheckpointContent))]
internal sealed partial class CheckpointJson : JsonSerializerContext;

using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// A training's checkpoint as a file: JSON with exact numbers, a checksum over it, and the options that it was made with, so that
/// a cut-off file, a changed one, or one of another training is never gone on from.
/// </summary>
public static class CheckpointFile
{
    private const int Version = 1;

    // Twice what the largest networks need.
    private const long LargestFile = 1 << 26;

    // The lowest loss is NaN until one is a number.
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
    };

    /// <summary>Writes a checkpoint, or replaces it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">All that shapes the training, by name.</param>
    /// <param name="checkpoint">Where it stands.</param>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, string> options, StageCheckpoint checkpoint)
    {
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(new Content(options, checkpoint), Json);
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(
            stream, new Envelope(Version, Convert.ToHexStringLower(SHA256.HashData(content)), System.Text.Encoding.UTF8.GetString(content)), Json));
    }

    /// <summary>Reads a checkpoint of a training with the same options.</summary>
    /// <exception cref="InputException">There is none, it is damaged, of another version, or of a training with other options: the message names the differences.</exception>
    public static StageCheckpoint Read(string path, IReadOnlyDictionary<string, string> options)
    {
        Content content;
        try
        {
            if (!File.Exists(path))
            {
                throw new InputException($"There is no checkpoint {path} to resume from; start a new training.");
            }

            if (new FileInfo(path).Length > LargestFile)
            {
                throw new InputException($"{path} is larger than any checkpoint; remove it and start anew.");
            }

            Envelope? file = JsonSerializer.Deserialize<Envelope>(File.ReadAllBytes(path), Json);
            if (file?.Content is null || file.Sha256 is null)
            {
                throw new InputException($"{path} is not a training's checkpoint; remove it and start anew.");
            }

            if (file.Version != Version)
            {
                throw new InputException($"Checkpoint {path} is in version {file.Version} of its format, this program reads version {Version}; finish the training with the program that began it, or start anew.");
            }

            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(file.Content);
            if (!string.Equals(file.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)), StringComparison.Ordinal))
            {
                throw new InputException($"Checkpoint {path} does not match its checksum; it was changed or damaged, so remove it and start anew.");
            }

            content = JsonSerializer.Deserialize<Content>(bytes, Json) is { Options: not null, Checkpoint.Trainer: not null } whole && !whole.Checkpoint.Validations.Contains(null!)
                ? whole : throw new InputException($"{path} is not a training's checkpoint; remove it and start anew.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"Checkpoint {path} cannot be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); remove it and start anew.", e);
        }

        string[] differences =
        [
            .. from name in options.Keys.Union(content.Options.Keys).Order(StringComparer.Ordinal)
               let then = content.Options.GetValueOrDefault(name, "nothing")
               let now = options.GetValueOrDefault(name, "nothing")
               where then != now
               select $"{name} = {then}, not {now}",
        ];
        return differences.Length == 0 ? content.Checkpoint : throw new InputException(
            $"Checkpoint {path} was begun with {string.Join("; with ", differences)}; resume with the options it was begun with, or start anew.");
    }

    private sealed record Envelope(int Version, string Sha256, string Content);

    private sealed record Content(IReadOnlyDictionary<string, string> Options, StageCheckpoint Checkpoint);
}

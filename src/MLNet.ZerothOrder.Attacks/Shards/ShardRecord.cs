using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// The <c>shard.json</c> in the folder of a shard: which part of which run it holds, and what a merge needs beside the result. Its places and counts are written before the finished result.
/// </summary>
internal sealed record ShardRecord
{
    public const string FileName = "shard.json";

    /// <summary>What was run, such as <c>attack</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>i of shard i/n.</summary>
    public required int Number { get; init; }

    /// <summary>n of shard i/n.</summary>
    public required int Count { get; init; }

    /// <summary>The machine that finished the shard.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Everything that determines the whole run, by name.</summary>
    public required SortedDictionary<string, string> Identity { get; init; }

    /// <summary>The command line of the whole run: that of the shard without <c>--shard</c>.</summary>
    public string Command { get; init; } = "";

    /// <summary>The place in the whole run of each result of a run, in its order.</summary>
    public IReadOnlyList<int> Images { get; init; } = [];

    /// <summary>The place in the whole run of each skipped image.</summary>
    public IReadOnlyList<int> Skipped { get; init; } = [];

    /// <summary>As <see cref="ShardSharing.First"/>.</summary>
    public IReadOnlyList<int> First { get; init; } = [];

    /// <summary>As <see cref="ShardSharing.FirstLabels"/>.</summary>
    public IReadOnlyList<int> FirstLabels { get; init; } = [];

    /// <summary>As <see cref="ShardSharing.SharedQueries"/>, with those of loading the model.</summary>
    public long SharedQueries { get; init; }

    /// <summary>As <see cref="ShardSharing.OwnQueries"/>, with those of checks of pictures.</summary>
    public long OwnQueries { get; init; }

    /// <summary>As <see cref="ShardSharing.AnswersPerRow"/>.</summary>
    public int AnswersPerRow { get; init; } = 1;

    /// <summary>The warnings of the model and the images, which the figures do not change.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The optimizers that runs are compared with.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>The sub-folder of the pictures of each run; empty for a single run.</summary>
    public IReadOnlyList<string> SubFolders { get; init; } = [];

    /// <summary>The record in a folder; null if there is none.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static ShardRecord? In(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return !File.Exists(path) ? null : JsonSerializer.Deserialize(File.ReadAllBytes(path), ResultJson.Readable.ShardRecord) is { } record && record.IsWhole()
                ? record : throw new JsonException("something is missing in it");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read as the record of a shard ({e.Message.TrimEnd('.')}); remove its folder, and run the shard again.", e);
        }
    }

    /// <summary>Writes the record into a folder.</summary>
    public void WriteTo(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, ResultJson.Readable.ShardRecord));

    /// <summary>The differences to the identity of another shard, as parts of a sentence; empty for none.</summary>
    public string DifferencesTo(ShardRecord other) => string.Join(
        "; ",
        Kind != other.Kind ? [$"zo {Kind}, not zo {other.Kind}"]
        : from name in Identity.Keys.Union(other.Identity.Keys).Order(StringComparer.Ordinal)
          let own = Identity.GetValueOrDefault(name, "nothing")
          let others = other.Identity.GetValueOrDefault(name, "nothing")
          where own != others
          select $"{name} = {own}, not {others}");

    // Generated code sets missing members to null, whatever their defaults.
    private bool IsWhole() => Kind is not null && Identity is not null && Number >= 1 && Number <= Count && Images is not null && Skipped is not null && First is not null && FirstLabels?.Count == First.Count && Warnings is not null
        && References is not null && SubFolders is not null && Machine is not null && Command is not null && AnswersPerRow >= 1 && Identity.Values.All(value => value is not null);
}

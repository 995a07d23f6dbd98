using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// Stores finished runs as result files, so that experiments share runs and an interrupted experiment resumes. The name of a file is the hash of
/// everything that determines its run. A shard makes every n-th run; the others are stood in for.
/// </summary>
internal sealed class RunStore(string folder, Shard? shard = null)
{
    private readonly Dictionary<string, int> _places = [];

    /// <summary>The number of requested runs that can be made by shards.</summary>
    public int Shared => _places.Count;

    /// <summary>The number of requested runs that were found in the store.</summary>
    public int Found { get; private set; }

    /// <summary>The number of requested runs that were made.</summary>
    public int Made { get; private set; }

    /// <summary>The results of a run: stored ones, or those of <paramref name="make"/>, which are then stored.</summary>
    /// <param name="identity">Everything that determines the run.</param>
    /// <param name="make">Makes a result with one run.</param>
    /// <param name="standIn">Results in the place of those that another shard makes; null for a run that decides what is run next, which every shard makes.</param>
    public IReadOnlyList<ImageResult> Get(RunIdentity identity, Func<AttackResult> make, Func<IReadOnlyList<ImageResult>>? standIn)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', identity.Select(pair => $"{pair.Key}={pair.Value}"))));
        string path = Path.Combine(folder, $"{Convert.ToHexStringLower(hash)[..32]}.json");
        if (shard is not null && standIn is not null)
        {
            // The same run may be requested twice.
            _places.TryAdd(path, _places.Count);
            if (!shard.Holds(_places[path]))
            {
                return standIn();
            }
        }

        if (Read(path) is { } found)
        {
            Found++;
            return found;
        }

        AttackResult made = make();
        AtomicFile.Write(path, made.WriteTo);
        Made++;
        return made.Runs[0].Images;
    }

    // A damaged file is made again.
    private static IReadOnlyList<ImageResult>? Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.Exists(path) ? File.ReadAllBytes(path) : []);
            return AttackResult.Parse(json.RootElement) is { Partial: false, Runs: [{ Images: var images }] } && images.All(image => image.Trace.Count > 0) ? images : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

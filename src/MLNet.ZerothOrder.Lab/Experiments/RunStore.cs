using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// Stores finished runs as result files, so that experiments share runs and an interrupted experiment resumes. The name of a file is the hash of
/// everything that determines its run.
/// </summary>
internal sealed class RunStore(string folder)
{
    /// <summary>The number of requested runs that were found in the store.</summary>
    public int Found { get; private set; }

    /// <summary>The number of requested runs that were made.</summary>
    public int Made { get; private set; }

    /// <summary>The results of a run: stored ones, or those of <paramref name="make"/>, which are then stored.</summary>
    /// <param name="identity">Everything that determines the run.</param>
    /// <param name="make">Makes a result with one run.</param>
    public IReadOnlyList<ImageResult> Get(RunIdentity identity, Func<AttackResult> make)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', identity.Select(pair => $"{pair.Key}={pair.Value}"))));
        string path = Path.Combine(folder, $"{Convert.ToHexStringLower(hash)[..32]}.json");
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

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// Finished runs, each a result file named after the hash of all that shapes it. Experiments share their runs, and an interrupted experiment
/// resumes with those that it finished.
/// </summary>
internal sealed class RunStore(string folder)
{
    /// <summary>Runs that were there already, of those asked for.</summary>
    public int Found { get; private set; }

    /// <summary>Runs that were made.</summary>
    public int Made { get; private set; }

    /// <summary>A run's results, made where they are not there.</summary>
    /// <param name="identity">All that shapes the run.</param>
    /// <param name="make">Makes a result of one run.</param>
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

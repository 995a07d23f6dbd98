using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// Finished runs, each a file named after the hash of all that shapes it. Experiments share their runs, and an interrupted experiment
/// resumes with those that it finished.
/// </summary>
internal sealed class RunStore(string folder)
{
    // A run has a few hundred kilobytes; a larger file is not one of ours.
    private const long LargestFile = 1 << 28;

    private static readonly LabJson Json = new(new JsonSerializerOptions(LabJson.Default.Options) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals });

    /// <summary>Runs that were there already, of those asked for.</summary>
    public int Found { get; private set; }

    /// <summary>Runs that were made.</summary>
    public int Made { get; private set; }

    /// <summary>A run, made where it is not there.</summary>
    /// <param name="identity">All that shapes it.</param>
    /// <param name="make">Makes it.</param>
    public IReadOnlyList<StoredProblem> Get(RunIdentity identity, Func<IReadOnlyList<StoredProblem>> make)
    {
        string path = Path.Combine(folder, $"{Hash(identity)}.json");
        if (Read(path, identity) is { } found)
        {
            Found++;
            return found;
        }

        IReadOnlyList<StoredProblem> made = make();
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, new StoredRun(identity, made), Json.StoredRun));
        Made++;
        return made;
    }

    // A damaged file is made again.
    private static IReadOnlyList<StoredProblem>? Read(string path, RunIdentity identity)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length > LargestFile)
            {
                return null;
            }

            using FileStream stream = File.OpenRead(path);
            StoredRun? run = JsonSerializer.Deserialize(stream, Json.StoredRun);
            return run is { Identity: not null, Problems: not null } && run.Identity.SequenceEqual(identity) && run.Problems.All(p => p is { Trace.Length: > 0 }) ? run.Problems : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Hash(RunIdentity identity) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\n', identity.Select(pair => $"{pair.Key}={pair.Value}")))))[..32];
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// Rows per call at which models are fastest, measured once for each model, device and machine and kept in a file. Scores do not
/// depend on it, so a file that is damaged or cannot be written costs no more than another measurement.
/// </summary>
/// <param name="path">The file, JSON; its folder is made where it is missing.</param>
public sealed class BatchSizes(string path)
{
    // A row that is nearly as cheap in a smaller call is better there: less memory, and fewer rows wait for the slowest.
    private const double Enough = 0.97;
    private const long LargestFile = 1 << 20;
    private const int Rounds = 2;

    private static readonly int[] OnCpu = [21, 42, 84, 168];
    private static readonly int[] OnCuda = [64, 128, 256, 512, 1024];
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(0.01);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Those of this user: <c>zo/batch-sizes.json</c> in the user's local application data, on Linux <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c>.</summary>
    public static BatchSizes OfUser { get; } = new(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "zo", "batch-sizes.json"));

    /// <summary>The rows for a model: those that the file has, else what a measurement of a fraction of a second says.</summary>
    /// <param name="oracle">The model, loaded but for this.</param>
    /// <param name="onCuda">Whether it runs on CUDA.</param>
    /// <param name="largest">Rows that memory has room for.</param>
    internal int Rows(OnnxClassifierOracle oracle, bool onCuda, int largest)
    {
        string key = string.Create(
            CultureInfo.InvariantCulture,
            $"{oracle.Info.Sha256} {oracle.Info.Image} {oracle.Info.Device} ×{oracle.Concurrency} ONNX Runtime {OnnxClassifierOracle.RuntimeVersion} on {Environment.MachineName}, {Environment.ProcessorCount} cores");
        Dictionary<string, int> known = Read();
        if (known.TryGetValue(key, out int rows) && rows > 0 && rows <= largest)
        {
            return rows;
        }

        int[] sizes = [.. (onCuda ? OnCuda : OnCpu).Select(size => Math.Min(size, largest)).Distinct()];
        known[key] = rows = sizes.Length == 1 ? sizes[0] : Measure(oracle, sizes);
        Write(known);
        return rows;
    }

    private static int Measure(OnnxClassifierOracle oracle, int[] sizes)
    {
        var best = new double[sizes.Length];
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < sizes.Length && Stopwatch.GetElapsedTime(start) < Longest; i++)
            {
                best[i] = Math.Max(best[i], oracle.MeasureRowsPerSecond(sizes[i], Each));
            }
        }

        double enough = Enough * best.Max();
        return sizes[Array.FindIndex(best, rate => rate >= enough)];
    }

    private Dictionary<string, int> Read()
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= LargestFile }
                ? JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(path)) ?? [] : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Write(Dictionary<string, int> known)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, known), flush: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Kept for speed only.
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// The fastest number of rows per call of each model, measured once per model, device and machine and cached in a file. Scores do not
/// depend on it. If the file is damaged or cannot be written, the size is measured again.
/// </summary>
/// <param name="path">The JSON file. Its folder is created if missing.</param>
public sealed class BatchSizes(string path)
{
    // A smaller call is preferred if it reaches nearly the same speed: it takes less memory, and fewer rows wait for the slowest.
    private const double Enough = 0.97;
    private const long LargestFile = 1 << 20;
    private const int Rounds = 2;

    private static readonly int[] OnCpu = [21, 42, 84, 168];
    private static readonly int[] OnCuda = [64, 128, 256, 512, 1024];
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(0.01);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>The cache of this user: <c>zo/batch-sizes.json</c> in the user's local application data, on Linux <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c>.</summary>
    public static BatchSizes OfUser { get; } = new(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "zo", "batch-sizes.json"));

    /// <summary>The rows per call for a model: from the file, or measured in a fraction of a second.</summary>
    /// <param name="oracle">The loaded model.</param>
    /// <param name="onCuda">Whether it runs on CUDA.</param>
    /// <param name="largest">The most rows that fit into memory.</param>
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
            if (new FileInfo(path) is not { Exists: true, Length: <= LargestFile })
            {
                return [];
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new() { AllowDuplicateProperties = false });
            return document.RootElement.EnumerateObject().ToDictionary(size => size.Name, size => size.Value.GetInt32());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void WriteTo(Stream stream, Dictionary<string, int> known)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        foreach ((string key, int rows) in known)
        {
            json.WriteNumber(key, rows);
        }

        json.WriteEndObject();
    }

    private void Write(Dictionary<string, int> known)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => WriteTo(stream, known), flush: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The cache only saves time, so a failure to write it is ignored.
        }
    }
}

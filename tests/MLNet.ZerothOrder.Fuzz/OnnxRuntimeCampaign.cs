using System.Diagnostics;
using System.Globalization;

namespace MLNet.ZerothOrder.Fuzz;

/// <summary>
/// Feeds mutated models to ONNX Runtime, behind the check that the program makes before. Its code is native: a crash takes its process
/// along, so that inputs run in child processes, and one that ends a child is kept.
/// </summary>
internal sealed class OnnxRuntimeCampaign(string folder, long seed)
{
    private const int PerChild = 250;
    private static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(3);

    private readonly Target _target = new("onnxruntime", "child.onnx", 1, Targets.Models(name => Path.Combine(folder, name)), _ => { }) { IsProtobuf = true };

    /// <summary>Runs so many models and says how it went.</summary>
    /// <returns>False where one crashed or hung its process.</returns>
    public bool Run(int count)
    {
        long start = Stopwatch.GetTimestamp();
        int read = 0, refused = 0, crashes = 0;
        for (int from = 0; from < count;)
        {
            int to = Math.Min(count, from + PerChild);
            File.WriteAllText(Progress, $"{from}");
            using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
            {
                ArgumentList = { typeof(OnnxRuntimeCampaign).Assembly.Location, "onnxruntime-child", $"{from}", $"{to}", $"{seed}", folder },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> output = child.StandardOutput.ReadToEndAsync(), error = child.StandardError.ReadToEndAsync();
            bool ended = child.WaitForExit(LongestTime);
            if (!ended)
            {
                child.Kill();
                child.WaitForExit();
            }

            if (ended && child.ExitCode == 0)
            {
                int[] counts = [.. output.Result.Split(' ').Select(int.Parse)];
                read += counts[0];
                refused += counts[1];
                from = to;
                continue;
            }

            int at = int.Parse(File.ReadAllText(Progress), CultureInfo.InvariantCulture);
            string kept = Path.Combine(Path.GetTempPath(), $"zo-fuzz-onnxruntime-{seed}-{at}.onnx");
            File.WriteAllBytes(kept, Model(at));
            string last = error.Result.Split('\n').FirstOrDefault(line => line.Length > 0) ?? "";
            Console.Error.WriteLine($"onnxruntime: model {at} of seed {seed}, kept as {kept}, {(ended ? $"ended its process with {child.ExitCode}" : "did not end")}: {last}");
            crashes++;
            from = at + 1;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"onnxruntime   {count,9:N0} models  {read,9:N0} read  {refused,9:N0} refused  {crashes,4} crashes  {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
        return crashes == 0;
    }

    /// <summary>What a child does.</summary>
    public static int Child(string folder, int from, int to, long seed)
    {
        int read = 0, refused = 0;
        string path = Path.Combine(folder, "child.onnx");
        var campaign = new OnnxRuntimeCampaign(folder, seed);
        for (int i = from; i < to; i++)
        {
            File.WriteAllText(campaign.Progress, $"{i}");
            File.WriteAllBytes(path, campaign.Model(i));
            try
            {
                using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Threads = 1 });
                oracle.ScoreRows(1, (_, input) => input.Fill(0.5f));
                read++;
            }
            catch (Exception e) when (e is InputException or OracleException)
            {
                refused++;
            }
        }

        Console.Write($"{read} {refused}");
        return 0;
    }

    private string Progress => Path.Combine(folder, "child.at");

    private byte[] Model(int index) => Mutator.Mutate(_target, Mutator.Random(seed, index));
}

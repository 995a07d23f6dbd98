using System.Diagnostics;
using System.Globalization;

/// <summary>
/// What .NET calls first where DOTNET_STARTUP_HOOKS names this assembly: notes once a second how much memory and how many handles the program
/// holds. soak.sh has zo do so, which itself knows nothing of it. The name and the place are .NET's.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("SOAK_SAMPLES") is { } path)
        {
            new Thread(() => Sample(path)) { IsBackground = true, Name = "soak" }.Start();
        }
    }

    // Seconds, KiB resident, KiB of managed objects that something still holds, open handles.
    private static void Sample(string path)
    {
        using var samples = new StreamWriter(path) { AutoFlush = true };
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(1000))
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true) >> 10;
            string resident = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            int handles = Directory.GetFileSystemEntries("/proc/self/fd").Length;
            samples.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:F1} {resident} {managed} {handles}"));
        }
    }
}

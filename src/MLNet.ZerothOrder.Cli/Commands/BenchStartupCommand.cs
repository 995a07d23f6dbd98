using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench startup</c>.</summary>
internal static class BenchStartupCommand
{
    private const int Starts = 5;

    public static Command Create(Session session)
    {
        var command = new Command("startup", "The smallest attack from start to end, in processes of their own: what starting zo, loading the model and the first queries take.");
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            double[] version = [.. Enumerable.Range(0, Starts).Select(_ => Seconds(session.Cancellation, "--version")).Order()];
            double[] attack = [.. Enumerable.Range(0, Starts).Select(_ => Attack(session.Cancellation)).Order()];
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(JsonSerializer.Serialize(
                    new { attackSeconds = attack[Starts / 2], versionSeconds = version[Starts / 2], starts = Starts, cores = Environment.ProcessorCount },
                    new JsonSerializerOptions { WriteIndented = true }));
                return ExitCode.Done;
            }

            session.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"zo --version                      {version[Starts / 2]:F3} s"));
            session.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"zo attack, 1 image, 3 queries     {attack[Starts / 2]:F3} s"));
            session.Terminal.Output.WriteLine($"(medians of {Starts} processes, from start to end)");
            return ExitCode.Done;
        });
        return command;
    }

    private static double Attack(CancellationToken cancellation)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("zo-startup-");
        try
        {
            return Seconds(cancellation, "attack", "--count", "1", "--iterations", "1", "--directions", "1", "--quiet", "--out", folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Seconds(CancellationToken cancellation, params string[] args)
    {
        cancellation.ThrowIfCancellationRequested();

        // The program's own host, or the one of all .NET programs with ours as its argument.
        string program = typeof(BenchStartupCommand).Assembly.Location;
        bool hosted = !Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("zo", StringComparison.OrdinalIgnoreCase);
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, hosted ? [program, .. args] : args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0 ? seconds : throw new InputException($"zo {string.Join(' ', args)} ended with {process.ExitCode} ({error.GetAwaiter().GetResult().Trim()}); run it by itself first.");
    }
}

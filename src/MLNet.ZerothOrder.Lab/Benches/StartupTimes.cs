using System.Diagnostics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>How long a program's smallest attack takes from start to end, beside a start that does nothing; medians over processes.</summary>
/// <param name="AttackSeconds">The attack.</param>
/// <param name="VersionSeconds">A start that only prints the version.</param>
/// <param name="Starts">Processes of each.</param>
/// <param name="Cores">The machine's cores.</param>
public sealed record StartupTimes(double AttackSeconds, double VersionSeconds, int Starts, int Cores) : BenchResult
{
    private const int Processes = 5;

    /// <summary>Measures a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="version">Arguments that make it print its version.</param>
    /// <param name="attack">Arguments that make it attack into a folder, which is removed afterwards.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="InputException">The program failed.</exception>
    public static StartupTimes Measure(string program, IReadOnlyList<string> version, Func<string, IReadOnlyList<string>> attack, CancellationToken cancellation = default)
    {
        double versions = Turns.Medians(Processes, () => Seconds(program, version, cancellation))[0];
        double attacks = Turns.Medians(Processes, Attack)[0];
        return new StartupTimes(attacks, versions, Processes, Environment.ProcessorCount);

        double Attack()
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("zo-startup-");
            try
            {
                return Seconds(program, attack(folder.FullName), cancellation);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private static double Seconds(string program, IReadOnlyList<string> args, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0 ? seconds : throw new InputException(
            $"'{program} {string.Join(' ', args)}' ended with {process.ExitCode} ({error.GetAwaiter().GetResult().Trim()}); run it by itself first.");
    }
}

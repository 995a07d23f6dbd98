using System.Diagnostics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The time of the smallest attack of a program from its start to its end, and of a start that only prints the version. Times are medians over processes.</summary>
/// <param name="AttackSeconds">The time of the attack.</param>
/// <param name="VersionSeconds">The time of a start that only prints the version.</param>
/// <param name="Starts">The number of processes for each of the two.</param>
/// <param name="Cores">The number of processors of the machine.</param>
public sealed record StartupTimes(double AttackSeconds, double VersionSeconds, int Starts, int Cores) : BenchResult
{
    private const int Processes = 5;

    /// <summary>Measures a program.</summary>
    /// <param name="program">The path of the program.</param>
    /// <param name="version">The arguments that print the version.</param>
    /// <param name="attack">The arguments of an attack with a given output folder. The folder is removed afterwards.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    /// <exception cref="InputException">The program failed.</exception>
    public static StartupTimes Measure(string program, IReadOnlyList<string> version, Func<string, IReadOnlyList<string>> attack, CancellationToken cancellation = default)
    {
        double versions = BenchTimer.Medians(Processes, () => Seconds(program, version, cancellation))[0];
        double attacks = BenchTimer.Medians(Processes, Attack)[0];
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
            $"'{program} {string.Join(' ', args)}' ended with exit code {process.ExitCode} ({error.GetAwaiter().GetResult().Trim()}); run this command alone to see why.");
    }
}

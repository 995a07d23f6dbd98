using System.Diagnostics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Runs a sample as its reader does: as a program.</summary>
internal static class Sample
{
    /// <returns>What it printed, without trailing spaces.</returns>
    public static string Run(string name, params string[] arguments)
    {
        (int code, string output, string error) = Try(name, Environment.CurrentDirectory, arguments);
        (code == 0).ShouldBeTrue($"{name} ended with {code}: {error}");
        return output;
    }

    /// <returns>Its exit code, and what it printed on both streams, without trailing spaces.</returns>
    public static (int Code, string Output, string Error) Try(string name, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.ReplaceLineEndings("\n").TrimEnd(), errors.Result);
    }

    /// <summary>The text of a file beside a sample's sources.</summary>
    public static string Read(string name, string file, [System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "samples", name, file));
}

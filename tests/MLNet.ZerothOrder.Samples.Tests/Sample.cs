using System.Diagnostics;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Runs a sample as its reader does: as a program.</summary>
internal static class Sample
{
    /// <returns>What it printed, without trailing spaces.</returns>
    public static string Run(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}: {errors.Result}");
        return output.ReplaceLineEndings("\n").TrimEnd();
    }

    /// <summary>The text of a file beside a sample's sources.</summary>
    public static string Read(string name, string file, [System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "samples", name, file));
}

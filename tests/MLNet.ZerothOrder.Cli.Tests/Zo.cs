using System.Diagnostics;
using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Cli;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Runs zo, in this process or as one of its own.</summary>
internal static class Zo
{
    public static string LeNet { get; } = Path.Combine(AppContext.BaseDirectory, "onnx", "targets", "mnist-lenet.onnx");

    // As the script zo does: from tests/PROJECT/bin/CONFIGURATION/FRAMEWORK to the same folders of the TorchSharp project.
    [ModuleInitializer]
    internal static void FindTorchSharp()
    {
        string[] output = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory).Split(Path.DirectorySeparatorChar)[^3..];
        Environment.SetEnvironmentVariable("ZO_TORCHSHARP", Path.GetFullPath(Path.Combine([AppContext.BaseDirectory, "../../../../../src/MLNet.ZerothOrder.TorchSharp", .. output])));
    }

    public static Outcome Run(params string[] args) => Run(args, CancellationToken.None);

    public static Outcome Run(string[] args, CancellationToken cancellation)
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(new Session(args, new Terminal(output, error), cancellation));
        return MLNet.ZerothOrder.Tests.Outcome.Of(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts <c>dotnet zo.dll</c> with both streams redirected.</summary>
    public static Process Start(string folder, params string[] args) => Start(folder, "dotnet", [typeof(Application).Assembly.Location, .. args]);

    public static Process Start(string folder, string program, string[] args)
    {
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    public static async Task<Outcome> Outcome(this Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return MLNet.ZerothOrder.Tests.Outcome.Of(process.ExitCode, await output, await error);
    }
}

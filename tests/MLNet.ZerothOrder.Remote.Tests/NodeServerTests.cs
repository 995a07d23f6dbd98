using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A server that shares no line with ours: Node and its ONNX Runtime.</summary>
public sealed class NodeServerTests
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_of_another_stack_gives_the_scores_of_the_model_and_the_attack_finds_the_same_classes(bool isBinary)
    {
        string here = Path.GetDirectoryName(Here())!, cache = Path.GetFullPath(Path.Combine(here, "../../.cache/onnxruntime-node"));
        if (!Directory.Exists(Path.Combine(cache, "node_modules", "onnxruntime-node")))
        {
            Directory.CreateDirectory(cache);
            using Process? install = Started("npm", null, "install", "--prefix", cache, "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node@1.30.0");
            Skip.If(install is null, "npm is not installed.");
            await install!.WaitForExitAsync();
            Skip.If(install.ExitCode != 0, "npm cannot install onnxruntime-node.");
        }

        string model = Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx");
        var environment = new Dictionary<string, string> { ["NODE_MODULES"] = Path.Combine(cache, "node_modules"), ["JSON_ONLY"] = isBinary ? "" : "1" };
        using Process? server = Started("node", environment, Path.Combine(here, "node-server.mjs"), model, "digits");
        Skip.If(server is null, "node is not installed.");
        string? port = await server!.StandardOutput.ReadLineAsync();
        Skip.If(port is null, "onnxruntime-node does not run on this system.");
        try
        {
            using RemoteClassifier remote = RemoteClassifier.Open($"http://127.0.0.1:{port}/v2/models/digits", Remote.Digits, Remote.Impatient);
            using OnnxClassifierOracle local = Remote.Local("mnist-lenet");

            remote.Info.Version.ShouldBe("7");
            remote.Info.Protocol.ShouldContain(isBinary ? "binary" : "JSON");
            remote.Info.RequestRows.ShouldBe(64);

            // Another version of ONNX Runtime may round otherwise in the last bits.
            Remote.Score(remote, Remote.Digits).ShouldBe(Remote.Score(local, Remote.Digits), 1e-4);
            AttackResult there = Remote.Attack(remote, "square"), ours = Remote.Attack(local, "square");
            there.Runs[0].Images.Select(image => (image.Success, image.AdversarialLabel)).ShouldBe(ours.Runs[0].Images.Select(image => (image.Success, image.AdversarialLabel)));
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
        }
    }

    private static Process? Started(string program, Dictionary<string, string>? environment, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

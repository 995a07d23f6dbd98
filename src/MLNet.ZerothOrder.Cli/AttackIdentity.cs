using System.Globalization;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>All that shapes an attack's numbers besides its command line, by name: what an interrupted one must find again to go on.</summary>
internal static class AttackIdentity
{
    public static SortedDictionary<string, string> Of(OnnxClassifierOracle oracle, string? recording, ImageSet images, IReadOnlyList<OptimizerChoice> choices)
    {
        var identity = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["zo"] = Application.Version,
            ["ONNX Runtime"] = OnnxClassifierOracle.RuntimeVersion,
            ["device"] = oracle.Info.Device,
            ["model"] = $"SHA-256 {oracle.Info.Sha256}",
            ["pixels"] = oracle.Info.Encoding.ToString(),
            ["layout"] = oracle.Info.Layout.ToString(),
            ["output"] = oracle.Info.Output,
            ["images"] = $"SHA-256 {images.Hash()}",
        };
        if (recording is not null)
        {
            using FileStream stream = File.OpenRead(recording);
            identity["recording"] = $"SHA-256 {Convert.ToHexStringLower(SHA256.HashData(stream))}";
        }

        foreach (OptimizerChoice choice in choices)
        {
            // A learned optimizer's file may have moved; its hash tells whether it is the same.
            foreach ((string name, object? value) in choice.Settings.Where(setting => setting.Name != "file"))
            {
                identity[$"{choice.Name.Typed} {name}"] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "nothing";
            }

            identity[$"{choice.Name.Typed} smoothing"] = choice.Optimizer.Smoothing?.ToString(CultureInfo.InvariantCulture) ?? "none";
        }

        return identity;
    }
}

using System.Security.Cryptography;
using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>An ONNX classifier.</summary>
/// <param name="path">The file.</param>
/// <param name="device">The device to run on; null for the GPU settings of the context.</param>
/// <param name="sha256">The expected hash; null for any.</param>
internal sealed class OnnxTarget(string path, OnnxDevice? device, string? sha256) : BlackBoxTarget
{
    internal override OpenTarget Open(MLContext context, int dimension, float minimum, float maximum, ScoreKind? scores)
    {
        if (!File.Exists(path))
        {
            throw new InputException(sha256 is null
                ? $"Model '{path}' does not exist; name the classifier's .onnx file."
                : $"The classifier '{path}' that this transformer was fitted for no longer exists; restore it, or pass its new path to ml.ZerothOrder().Load.");
        }

        if (sha256 is not null && Hash(path) is var seen && seen != sha256)
        {
            throw new InputException(
                $"The classifier '{path}' has changed since this transformer was fitted (SHA-256 {seen[..12]}…, was {sha256[..12]}…); restore the old file, or fit again.");
        }

        OnnxClassifierOracle oracle = Load(path, device ?? Automatic(context), minimum, maximum, scores);
        if (oracle.InputLength != dimension)
        {
            int length = oracle.InputLength;
            oracle.Dispose();
            throw new InputException($"The input column has {dimension} values per row, but model '{path}' needs {length}; give rows of the model's size.");
        }

        return new OpenTarget(
            oracle, oracle.Info.Image, IsInterleaved(oracle), null, $"model '{path}'", Save);

        SavedTarget Save() => new() { Path = Path.GetFullPath(path), Sha256 = oracle.Info.Sha256, Device = device?.ToString() };
    }

    /// <summary>Opens a classifier whose input has the range minimum..maximum.</summary>
    internal static OnnxClassifierOracle Load(string path, OnnxDevice device, float minimum, float maximum, ScoreKind? scores, string? output = null) => OnnxClassifierOracle.Load(path, new OnnxOracleOptions
    {
        Device = device,
        Output = output,

        // Probabilities are those in the model's output; logits may also be taken in front of a last Softmax.
        Scores = scores is ScoreKind.Probabilities or ScoreKind.IndependentProbabilities ? scores : null,

        // The column already has the range of the model's input.
        Encoding = minimum == 0 && maximum == 1 ? PixelEncoding.Unit : PixelEncoding.Range(minimum, maximum),
    });

    /// <summary>Whether the classifier's input stores its channels pixel by pixel.</summary>
    internal static bool IsInterleaved(OnnxClassifierOracle oracle) => oracle.Info.Layout == ImageLayout.Nhwc && oracle.Info.Image.Channels > 1;

    internal static OnnxDevice Automatic(MLContext context) => context.GpuDeviceId is not { } gpu ? OnnxDevice.Cpu : context.FallbackToCpu && gpu == 0 ? OnnxDevice.Auto : OnnxDevice.Cuda(gpu);

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

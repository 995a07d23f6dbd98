using System.Runtime.InteropServices;
using System.Text;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A linear classifier of 4×4 images as a file, and images that it classifies correctly: an attack takes milliseconds.</summary>
internal sealed class TinyTask : IDisposable
{
    public const int Count = 20;

    private readonly TempFolder _folder = new();

    public TinyTask(TinyClassifier? classifier = null)
    {
        Classifier = classifier ?? new TinyClassifier();
        Model = Classifier.Save(At("m.onnx"));
        Pixels = [.. Enumerable.Range(0, Count).SelectMany(Classifier.Pixels)];
        Labels = [.. Enumerable.Range(0, Count).Select(i => Array.IndexOf(Classifier.Expected(Classifier.Pixels(i)), Classifier.Expected(Classifier.Pixels(i)).Max()))];
        ImageShape shape = Classifier.Image;
        Images = Npy("images.npy", [Count, shape.Channels, shape.Height, shape.Width], Pixels);
        LabelFile = Text("labels.txt", string.Join('\n', Labels));
        Out = At("out");
    }

    public TinyClassifier Classifier { get; }

    public float[] Pixels { get; }

    public int[] Labels { get; }

    public string Model { get; }

    public string Images { get; }

    public string LabelFile { get; }

    public string Out { get; }

    public string At(string name) => _folder.File(name);

    public string Text(string name, string content) => _folder.Write(name, Encoding.UTF8.GetBytes(content));

    public string Npy(string name, long[] shape, ReadOnlySpan<float> values)
    {
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)},), }}\n";
        byte[] length = BitConverter.GetBytes((ushort)header.Length);
        return _folder.Write(name, [0x93, .. "NUMPY"u8, 1, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes(values)]);
    }

    /// <summary>A command line on this task's model and images, into <see cref="Out"/>.</summary>
    public string[] Args(string command, params string[] more) =>
        [command, "--model", Model, "--images", Images, "--labels", LabelFile, "--out", Out, .. more];

    /// <summary>An attack of a few iterations, that prints its document.</summary>
    public Outcome Attack(params string[] more) =>
        Zo.Run([.. Args("attack", "--json", "--smoothing", "0.001"), .. more.Contains("--iterations") ? Array.Empty<string>() : ["--iterations", "15"], .. more]);

    public void Dispose() => _folder.Dispose();
}

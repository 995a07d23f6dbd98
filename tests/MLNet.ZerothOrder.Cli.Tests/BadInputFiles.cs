using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Good files and bad ones of every kind, and a results folder of an earlier run, which no bad input may touch.</summary>
public sealed class BadInputFiles : IDisposable
{
    private readonly TinyTask _good = new();

    public BadInputFiles()
    {
        Zo.Run(_good.Args("attack", "--iterations", "5", "--quiet")).Done();
        Directory.CreateDirectory(At("empty"));

        Tiny(new TinyClassifier { Rows = 2 }, "fixed.onnx");
        Tiny(new TinyClassifier { Image = new ImageShape(1, 5, 4) }, "larger.onnx");
        Tiny(new TinyClassifier { Image = new ImageShape(3, 4, 4) }, "colour.onnx");
        Tiny(new TinyClassifier { Layout = ImageLayout.Flat }, "flat.onnx");
        Tiny(new TinyClassifier { Image = new ImageShape(1, 28, 28) }, "five-digits.onnx");
        var constant = new TinyClassifier { Gain = 0 };
        Tiny(constant, "constant.onnx");
        double[] scores = constant.Expected(_good.Pixels.AsSpan(0, 16));
        Text("constant.txt", string.Join('\n', Enumerable.Repeat(Array.IndexOf(scores, scores.Max()), TinyTask.Count)));
        new OnnxWriter().Input("image", OnnxWriter.Float32, "N", 1, 4, 4).Input("second", OnnxWriter.Float32, "N", 1, 4, 4)
            .Node("Add", ["image", "second"], ["sum"]).Node("Flatten", ["sum"], ["scores"]).Output("scores", OnnxWriter.Float32, "N", 16).Save(At("two-inputs.onnx"));
        OnnxWriter future = new TinyClassifier().Writer();
        future.Opset = 99;
        future.Save(At("future.onnx"));
        new OnnxWriter().Input("x", OnnxWriter.Float32, "N").Output("y", OnnxWriter.Float32, "N").Node("Identity", ["x"], ["y"]).Save(At("no-image.onnx"));
        File.WriteAllBytes(At("cut.onnx"), File.ReadAllBytes(Model)[..^40]);
        File.WriteAllBytes(At("empty.onnx"), []);
        Text("text.onnx", "this is no model\n");
        File.Copy(Model, At("beside.onnx"));
        byte[] optimizer = File.ReadAllBytes(TinyOptimizer.Save(At("optimizer.onnx")));
        TinyOptimizer.Save(At("optimizer-without-query.onnx"), TinyOptimizer.Draw(hasQuery: false));
        File.WriteAllBytes(At("optimizer-cut.onnx"), optimizer[..^40]);
        Replace(optimizer, "formatVersion\u0012\u00011"u8, "formatVersion\u0012\u00019"u8, "optimizer-version.onnx");
        Replace(optimizer, "hidden\u0012\u00014"u8, "hidden\u0012\u00015"u8, "optimizer-shapes.onnx");
        Text("beside.settings.json", "{");

        foreach (string folder in new[] { "pngs", "sizes" })
        {
            for (int i = 0; i < 4; i++)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(PngPath(folder, i))!);
                Png.Write(PngPath(folder, i), PixelBuffer.FromImage(_good.Pixels.AsSpan(i * 16, 16), new ImageShape(1, 4, 4)));
            }
        }

        Png.Write(PngPath("sizes", 3), new PixelBuffer(5, 4, 1));

        Npy("larger.npy", [1, 5, 5], new float[25]);
        Npy("flat.npy", [20, 16], _good.Pixels);
        Npy("bytes.npy", [1, 4, 4], [.. Enumerable.Repeat(255f, 16)]);
        File.WriteAllBytes(At("cut.npy"), File.ReadAllBytes(Images)[..^10]);
        Text("short.txt", "0\n1\n2\n");
        Text("words.txt", string.Join('\n', Enumerable.Repeat("cat", TinyTask.Count)));
        Text("high.txt", string.Join('\n', Enumerable.Repeat("5", TinyTask.Count)));
        Text("wrong.txt", string.Join('\n', _good.Labels.Select(l => (l + 1) % 5)));
        Npy("one.npy", [1, 4, 4], _good.Pixels.AsSpan(0, 16));
        Text("one.txt", $"{_good.Labels[0]}");

        Text("none.idx", "\n\n");
        Text("negative.idx", "1\n-1\n");
        Text("words.idx", "1\ntwo\n");
        Text("high.idx", "1\n20\n");

        Text("empty.json", "");
        Text("other.json", """{"learningRate": 1}""");
        Text("null.json", """{"optimizers": {"zo-adam": null}}""");
        Text("negative.json", """{"optimizers": {"zo-adam": {"stepSize": -1}}}""");
        Text("array.json", "[1, 2]");
        Text("foreign.json", """{"model": "other.onnx", "modelSha256": "00", "optimizers": {"zo-scd": {"stepSize": 1}}}""");
        File.WriteAllBytes(At("photo.jpg"), [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[6000]]);
        File.WriteAllBytes(At("batch.bin"), [3, .. new byte[4000]]);
        foreach (string name in new[] { "photos/cat/a.jpg", "photos/cat/b.JPEG", "photos/dog/c.bmp" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
            Text(name, "");
        }

        // Pictures whose classes are neither 0 nor 1, for which the sub-folders' names stand.
        foreach ((string name, int label) in new[] { ("cat", 0), ("dog", 1) })
        {
            int other = Array.FindIndex(_good.Labels, l => l != label);
            Directory.CreateDirectory(At($"named/{name}"));
            Png.Write(At($"named/{name}/0.png"), PixelBuffer.FromImage(_good.Pixels.AsSpan(other * 16, 16), new ImageShape(1, 4, 4)));
        }

        Text("file", "kept");
        Directory.CreateDirectory(At("blocked/result.json"));
    }

    public string Model => _good.Model;

    public string Images => _good.Images;

    public string Labels => _good.LabelFile;

    public string Earlier => _good.Out;

    public int FirstLabel => _good.Labels[0];

    public string SinglePng => PngPath("pngs", 0);

    public string At(string name) => _good.At(name);

    /// <summary>Every file and folder there is, with its content's hash.</summary>
    public string[] Everything() =>
    [
        .. Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Model)!, "*", SearchOption.AllDirectories)
            .Select(path => File.Exists(path) ? $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}" : path).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => _good.Dispose();

    private string PngPath(string folder, int image) => At($"{folder}/{_good.Labels[image]}/{image}.png");

    private void Text(string name, string content) => _good.Text(name, content);

    private void Npy(string name, long[] shape, ReadOnlySpan<float> values) => _good.Npy(name, shape, values);

    private void Replace(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> replacement, string name)
    {
        byte[] changed = [.. bytes];
        replacement.CopyTo(changed.AsSpan(changed.AsSpan().IndexOf(old)));
        File.WriteAllBytes(At(name), changed);
    }

    private void Tiny(TinyClassifier classifier, string name) => classifier.Save(At(name));
}

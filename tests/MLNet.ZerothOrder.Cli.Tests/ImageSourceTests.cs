using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

public sealed class ImageSourceTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void ClassFoldersOfPngsAreAttackedUnderTheirFilesNames()
    {
        string folder = _task.At("photos");
        for (int i = 0; i < 6; i++)
        {
            Write(Path.Combine(folder, $"{_task.Labels[i]}", $"image {i}.png"), i);
        }

        JsonElement document = Attack("--images", folder);

        Assert.Equal("photos", document.Text("dataset"));
        Assert.Equal(
            Enumerable.Range(0, 6).Select(i => $"{_task.Labels[i]}/image {i}.png").Order(StringComparer.Ordinal), document.Problems().Select(p => p.Text("id")));
        Assert.All(document.Problems(), p => Assert.Equal(p.Text("id")[..1], $"{p.GetProperty("label").GetInt32()}"));
        Assert.All(document.Problems().Where(p => p.Truth("success")), p => Assert.Equal($"images/{p.Text("id").Replace('/', '_').Replace(' ', '_')}", p.Text("imageFile")));
    }

    [Fact]
    public void AFolderWithLabelsCsvIsAttacked()
    {
        string folder = _task.At("listed");
        for (int i = 0; i < 4; i++)
        {
            Write(Path.Combine(folder, $"{i}.png"), i);
        }

        File.WriteAllLines(Path.Combine(folder, "labels.csv"), Enumerable.Range(0, 4).Reverse().Select(i => $"{i}.png,{_task.Labels[i]}"));
        JsonElement document = Attack("--images", folder);

        Assert.Equal(_task.Labels[..4], document.Problems().Select(p => p.GetProperty("label").GetInt32()));
    }

    [Fact]
    public void AnArrayOfFlatRowsIsAttackedOnceItsShapeIsGiven()
    {
        string flat = _task.Npy("flat.npy", [TinyTask.Count, 16], _task.Pixels);
        JsonElement document = Attack("--images", flat, "--labels", _task.LabelFile, "--shape", "1x4x4");

        Assert.Equal(Attack("--images", _task.Images, "--labels", _task.LabelFile).ProblemText(), document.ProblemText());
    }

    [Fact]
    public void IdxFilesAreAttackedAsTheyWereWritten()
    {
        var set = new ImageSet("tiny", _task.Classifier.Image, [.. _task.Pixels], _task.Labels);
        (string images, string labels) = (_task.At("tiny-images-idx3-ubyte.gz"), _task.At("tiny-labels-idx1-ubyte.gz"));
        IdxWriter.Write(images, labels, set);

        Assert.Equal(_task.Labels, Attack("--images", images, "--labels", labels).Problems().Select(p => p.GetProperty("label").GetInt32()));
    }

    [Fact]
    public void WritingDigitsGivesFilesThatCanBeAttacked()
    {
        Outcome written = Zo.Run("data", "digits", "--count", "12", "--dir", _task.At("data")).Done();
        string folder = _task.At("data/digits");
        Assert.Equal($"Digits: {folder}{Environment.NewLine}", written.Output);
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", "mnist-lenet", "--iterations", "1", "--out", _task.Out, "--images", Path.Combine(folder, "digits-t10k-images-idx3-ubyte.gz"),
            "--labels", Path.Combine(folder, "digits-t10k-labels-idx1-ubyte.gz")).Done().Document;

        // A sixth as many test images come with the training images; they are the ones that an attack takes by itself.
        Assert.Equal([0, 1], document.Problems().Select(p => p.GetProperty("label").GetInt32()));
    }

    private JsonElement Attack(params string[] images) => Zo.Run([
        "attack", "--json", "--model", _task.Model, "--smoothing", "0.001", "--iterations", "10", "--out", _task.Out, .. images]).Done().Document;

    private void Write(string path, int image)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Png.Write(path, PixelBuffer.FromImage(_task.Pixels.AsSpan(image * 16, 16), _task.Classifier.Image));
    }
}

using ImageMagick;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class AttackPhotosTests : IDisposable
{
    private const int Side = 224;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zo-photos-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Photos_in_folders_of_classes_are_attacked_and_the_report_names_the_classes()
    {
        string model = Model();
        Photo("photos/ruby/a.jpg", 640, 480, new MagickColor(132, 126, 120));
        Photo("photos/emerald/b.jpeg", 300, 500, new MagickColor(120, 133, 126));
        Photo("photos/sapphire/c.jpg", 256, 256, new MagickColor(90, 60, 200));

        (int code, string output, string error) = Sample.Try("AttackPhotos", _folder.FullName, model, "photos");

        code.ShouldBe(0, error);
        string[] lines = output.Split('\n');
        lines[0].ShouldStartWith("3 photos, input 'image' [N, 3, 224, 224] as NCHW images of 3×224×224");
        lines[1..4].Select(line => line.Split(" → ")[0]).ShouldBe(["emerald/b.jpeg: emerald", "ruby/a.jpg: ruby", "sapphire/c.jpg: sapphire"]);
        lines[4].ShouldMatch("^[0-3] of 3 photos fell; the report is .*report.html$");
        File.ReadAllText(Path.Combine(_folder.FullName, "out", "report.html")).ShouldContain("sapphire");
        _folder.GetFiles("out/originals/*.png").Length.ShouldBe(3);
    }

    [Fact]
    public void Photos_without_classes_are_attacked_as_what_the_model_takes_them_for()
    {
        string model = Model();
        Photo("holiday/a.jpg", 400, 300, new MagickColor(132, 126, 120));
        Photo("holiday/b.jpg", 400, 300, new MagickColor(90, 60, 200));

        (int code, string output, string error) = Sample.Try("AttackPhotos", _folder.FullName, model, "holiday");

        code.ShouldBe(0, error);
        output.Split('\n')[1..3].Select(line => line.Split(" → ")[0]).ShouldBe(["a.jpg: ruby", "b.jpg: sapphire"]);
    }

    [Fact]
    public void What_cannot_be_used_is_one_sentence_and_exit_code_2()
    {
        (int code, _, string error) = Sample.Try("AttackPhotos", _folder.FullName, Model(), "nowhere");

        code.ShouldBe(2);
        error.ShouldContain("nowhere");
        error.Count(c => c == '\n').ShouldBe(1);
        Sample.Try("AttackPhotos", _folder.FullName).Error.ShouldStartWith("Usage: ");
    }

    // The scores are 30 × the mean of red, of green and of blue.
    private string Model() => new OnnxWriter()
        .Input("image", OnnxWriter.Float32, "N", 3, Side, Side)
        .Node("GlobalAveragePool", ["image"], ["pooled"]).Node("Flatten", ["pooled"], ["means"])
        .Constant("w", [3, 3], 30, 0, 0, 0, 30, 0, 0, 0, 30).Node("MatMul", ["means", "w"], ["logits"])
        .Output("logits", OnnxWriter.Float32, "N", 3)
        .Metadata("names", "{0: 'ruby', 1: 'emerald', 2: 'sapphire'}")
        .Save(Path.Combine(_folder.FullName, "gems.onnx"));

    private void Photo(string path, uint width, uint height, MagickColor color)
    {
        string file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var image = new MagickImage(color, width, height);
        image.Write(file, MagickFormat.Jpeg);
    }
}

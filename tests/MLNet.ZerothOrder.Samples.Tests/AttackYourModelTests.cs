using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class AttackYourModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zo-sample-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void It_attacks_ten_digits_and_writes_the_ones_that_fell()
    {
        (int code, string output, _) = Sample.Try("AttackYourModel", _folder.FullName);

        code.ShouldBe(0);
        string[] lines = output.Split('\n');
        lines.Length.ShouldBe(11);
        int fell = lines.Take(10).Count(line => !line.Contains("holds", StringComparison.Ordinal));
        fell.ShouldBeGreaterThan(7);
        lines[10].ShouldStartWith($"{fell} of 10 images fell");
        Pictures().Length.ShouldBe(fell);
    }

    [Fact]
    public void The_pictures_that_it_writes_are_misclassified_and_a_folder_of_pictures_is_attacked()
    {
        Sample.Try("AttackYourModel", _folder.FullName).Code.ShouldBe(0);
        DirectoryInfo own = _folder.CreateSubdirectory("own");
        string model = Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx");
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load(model, new OnnxOracleOptions { Encoding = PixelEncoding.Unit });
        foreach (FileInfo file in Pictures())
        {
            // The n-th generated digit is an n.
            int digit = int.Parse(Path.GetFileNameWithoutExtension(file.Name));
            float[] scores = classifier.ScoreRows(1, (_, input) => PictureFile.Read(file.FullName).CopyTo(input));
            int seen = Array.IndexOf(scores, scores.Max());
            seen.ShouldNotBe(digit);
            file.MoveTo(Path.Combine(own.CreateSubdirectory($"{seen}").FullName, $"{digit}.png"));
        }

        // Under the labels that the classifier gives them they are images like any others.
        (int code, string output, _) = Sample.Try("AttackYourModel", _folder.FullName, model, own.FullName);
        code.ShouldBe(0);
        output.ShouldMatch("of (8|9|10) images fell");
    }

    [Fact]
    public void A_model_that_is_not_there_is_one_sentence_and_exit_code_2()
    {
        (int code, _, string error) = Sample.Try("AttackYourModel", _folder.FullName, "nowhere.onnx");

        code.ShouldBe(2);
        error.ShouldContain("nowhere.onnx");
        error.Count(c => c == '\n').ShouldBe(1);
    }

    private FileInfo[] Pictures() => new DirectoryInfo(Path.Combine(_folder.FullName, "out")).GetFiles("*.png");
}

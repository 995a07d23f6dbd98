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
        _folder.GetFiles("adversarial-*.png").Length.ShouldBe(fell);
    }

    [Fact]
    public void It_attacks_the_pictures_that_it_wrote_as_a_user_would_attack_his_own()
    {
        Sample.Try("AttackYourModel", _folder.FullName).Code.ShouldBe(0);
        DirectoryInfo own = _folder.CreateSubdirectory("own");
        foreach (FileInfo file in _folder.GetFiles("adversarial-*.png"))
        {
            // The n-th generated digit is a n.
            string digit = Path.GetFileNameWithoutExtension(file.Name)["adversarial-".Length..];
            file.MoveTo(Path.Combine(own.CreateSubdirectory(digit).FullName, "image.png"));
        }

        // They are adversarial, so the classifier gets few or none of them right.
        (int code, string output, string error) = Sample.Try("AttackYourModel", _folder.FullName, Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx"), own.FullName);
        (code == 2 ? error : output).ShouldMatch(code == 2 ? "classifies none of the .* images correctly" : "of [0-3] images fell");
    }

    [Fact]
    public void A_model_that_is_not_there_is_one_sentence_and_exit_code_2()
    {
        (int code, _, string error) = Sample.Try("AttackYourModel", _folder.FullName, "nowhere.onnx");

        code.ShouldBe(2);
        error.ShouldContain("nowhere.onnx");
        error.Count(c => c == '\n').ShouldBe(1);
    }
}

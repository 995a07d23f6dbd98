using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TuneTests : IDisposable
{
    private readonly TinyTask _task = new();

    private string File => _task.At("tuned.json");

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("zo-prox", EstimateKind.Forward)]
    [InlineData("zo-prox:antithetic", EstimateKind.Antithetic)]
    public void Zo_prox_is_tuned_like_the_others(string name, EstimateKind estimate)
    {
        Tune(name);
        SettingsFile file = SettingsFile.Read(File);
        JsonElement run = Run(name);

        file.Optimizers.Keys.ShouldBe([name]);
        file.Optimizers[name].Estimate.ShouldBe(estimate);
        run.GetProperty("settings").Number("stepSize").ShouldBe(file.Optimizers[name].StepSize);
        run.GetProperty("summary").Number("meanFinalLoss").ShouldBe(file.MeanFinalLoss[name], 1e-9);
    }

    [Fact]
    public void Settings_that_are_no_better_than_not_moving_are_told()
    {
        // Every change costs far more than the largest margin.
        Outcome outcome = Tune("zo-sgd", "--distortion-weight", "100000");
        outcome.Error.ShouldMatch(@"zo: warning: zo-sgd: the best of the tried settings ends at a mean loss of .*, and not moving at all at .*; they are of no use here");

        Tune("zo-sgd", "--quiet").Error.ShouldBe("");
    }

    [Fact]
    public void Attack_takes_what_tune_writes()
    {
        Outcome outcome = Tune("zo-sgd,zo-adam");
        JsonElement settings = Run("zo-adam").GetProperty("settings");
        SettingsFile file = SettingsFile.Read(File);

        file.Optimizers.Keys.ShouldBe(["zo-adam", "zo-sgd"]);
        settings.Number("stepSize").ShouldBe(file.Optimizers["zo-adam"].StepSize);
        settings.Number("beta2").ShouldBe(file.Optimizers["zo-adam"].Beta2);
        ((double?)settings.Number("smoothing")).ShouldBe(file.Smoothing);
        file.Model.ShouldBe("m.onnx");
        file.Task!.ShouldContain("4 correctly classified training images", Case.Sensitive);
        outcome.Output.ShouldEndWith($"Settings: {File}{Environment.NewLine}", Case.Sensitive);
        outcome.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(3);

        // Each tried setting is told while tuning.
        outcome.Error.ShouldContain("zo-sgd: δ = 0.01 gives ", Case.Sensitive);
        Tune("zo-sgd", "--quiet").Error.ShouldBe("");
    }

    [Fact]
    public void The_written_loss_is_that_of_an_attack_with_the_written_settings()
    {
        Tune("zo-sgd");
        double told = SettingsFile.Read(File).MeanFinalLoss["zo-sgd"];

        Run("zo-sgd").GetProperty("summary").Number("meanFinalLoss").ShouldBe(told, 1e-9);
        foreach (double step in new[] { 0.01, 1.0, 100.0 })
        {
            string other = _task.At("other.json");
            new SettingsFile
            {
                Smoothing = SettingsFile.Read(File).Smoothing,
                Optimizers = new Dictionary<string, OptimizerSettings> { ["zo-sgd"] = new() { StepSize = step } },
            }.Write(other);
            told.ShouldBeInRange(double.NegativeInfinity, Run("zo-sgd", other).GetProperty("summary").Number("meanFinalLoss"));
        }
    }

    [Fact]
    public void Retuning_one_optimizer_keeps_the_others()
    {
        Tune("zo-sgd,zo-scd:antithetic");
        SettingsFile before = SettingsFile.Read(File);
        Tune("zo-signsgd,zo-sgd", "--iterations", "3");
        SettingsFile after = SettingsFile.Read(File);

        after.Optimizers.Keys.ShouldBe(["zo-scd:antithetic", "zo-sgd", "zo-signsgd"]);
        after.Optimizers["zo-scd:antithetic"].ShouldBe(before.Optimizers["zo-scd:antithetic"]);
        after.MeanFinalLoss["zo-scd:antithetic"].ShouldBe(before.MeanFinalLoss["zo-scd:antithetic"]);
        after.MeanFinalLoss["zo-sgd"].ShouldNotBe(before.MeanFinalLoss["zo-sgd"]);
        after.Optimizers["zo-scd:antithetic"].Estimate.ShouldBe(EstimateKind.Antithetic);
    }

    [Fact]
    public void An_interrupted_tuning_keeps_what_it_has()
    {
        Tune("zo-sgd");
        string before = System.IO.File.ReadAllText(File);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(Args("zo-sgd,zo-scd"), cancellation.Token);

        (outcome.Code, outcome.Output, outcome.Error).ShouldBe((3, "", $"zo: Interrupted.{Environment.NewLine}"));
        System.IO.File.ReadAllText(File).ShouldBe(before);
    }

    [Fact]
    public void Settings_that_were_tuned_for_something_else_are_taken_with_a_note()
    {
        Tune("zo-sgd", "--directions", "7", "--distortion-weight", "0.3");
        string[] attack = ["--iterations", "1", "--quiet", "--optimizer"];
        string[] fitting = ["--settings", File, "--directions", "7", "--distortion-weight", "0.3"];

        Noted(_task.Args("attack", [.. attack, "zo-sgd", .. fitting])).ShouldBe("");
        Noted(_task.Args("attack", [.. attack, "zo-sgd", "--settings", File])).ShouldBe($"zo: note: The settings of {File} were tuned at c = 0.3 and q = 7, but this run uses c = 0.1 and q = 20; give --distortion-weight 0.3 --directions 7 to use theirs, or tune again with 'zo tune'.");

        string other = new TinyClassifier { Gain = 2 }.Save(_task.At("other.onnx"));
        string[] args = ["attack", "--model", other, "--images", _task.Images, "--labels", _task.LabelFile, "--out", _task.Out, "--pixels", "0..1", .. attack];
        Noted([.. args, "zo-sgd", .. fitting]).ShouldContain($"--settings {File} were tuned for another model (m.onnx)", Case.Sensitive);
        System.IO.File.Copy(File, _task.At("other.settings.json"));
        Noted([.. args, "zo-sgd"]).ShouldContain("are beside the model, were tuned for another model (m.onnx)", Case.Sensitive);

        // Who heeds no settings has nothing to be told.
        Noted([.. args, "zo-lstm-plus"]).ShouldBe("");

        static string Noted(string[] args) => Zo.Run(args).Done().Error.TrimEnd();
    }

    private Outcome Tune(string optimizers, params string[] more) => Zo.Run([.. Args(optimizers, more)]).Done();

    private string[] Args(string optimizers, params string[] more) =>
    [
        "tune", "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--count", "4", "--optimizers", optimizers, "--out", File,
        .. more.Contains("--iterations") ? Array.Empty<string>() : ["--iterations", "6"], .. more,
    ];

    private JsonElement Run(string optimizer, string? settings = null) => Zo.Run([
        .. _task.Args("attack", "--json", "--count", "4", "--iterations", "6", "--optimizer", optimizer, "--settings", settings ?? File)]).Done().Document.Run();
}

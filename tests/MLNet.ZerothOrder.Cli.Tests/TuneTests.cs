using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

public sealed class TuneTests : IDisposable
{
    private readonly TinyTask _task = new();

    private string File => _task.At("tuned.json");

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("zo-prox", EstimateKind.Forward)]
    [InlineData("zo-prox:antithetic", EstimateKind.Antithetic)]
    public void ZoProxIsTunedLikeTheOthers(string name, EstimateKind estimate)
    {
        Tune(name);
        SettingsFile file = SettingsFile.Read(File);
        JsonElement run = Run(name);

        Assert.Equal([name], file.Optimizers.Keys);
        Assert.Equal(estimate, file.Optimizers[name].Estimate);
        Assert.Equal(file.Optimizers[name].StepSize, run.GetProperty("settings").Number("stepSize"));
        Assert.Equal(file.MeanFinalLoss[name], run.GetProperty("summary").Number("meanFinalLoss"), 1e-9);
    }

    [Fact]
    public void AttackTakesWhatTuneWrites()
    {
        Outcome outcome = Tune("zo-sgd,zo-adam");
        JsonElement settings = Run("zo-adam").GetProperty("settings");
        SettingsFile file = SettingsFile.Read(File);

        Assert.Equal(["zo-adam", "zo-sgd"], file.Optimizers.Keys);
        Assert.Equal(file.Optimizers["zo-adam"].StepSize, settings.Number("stepSize"));
        Assert.Equal(file.Optimizers["zo-adam"].Beta2, settings.Number("beta2"));
        Assert.Equal(file.Smoothing, settings.Number("smoothing"));
        Assert.Equal("m.onnx", file.Model);
        Assert.Contains("4 correctly classified training images", file.Task, StringComparison.Ordinal);
        Assert.EndsWith($"Settings: {File}{Environment.NewLine}", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(3, outcome.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Length);

        // Each tried setting is told while tuning.
        Assert.Contains("zo-sgd: δ = 0.01 gives ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("", Tune("zo-sgd", "--quiet").Error);
    }

    [Fact]
    public void TheWrittenLossIsThatOfAnAttackWithTheWrittenSettings()
    {
        Tune("zo-sgd");
        double told = SettingsFile.Read(File).MeanFinalLoss["zo-sgd"];

        Assert.Equal(told, Run("zo-sgd").GetProperty("summary").Number("meanFinalLoss"), 1e-9);
        foreach (double step in new[] { 0.01, 1.0, 100.0 })
        {
            string other = _task.At("other.json");
            new SettingsFile
            {
                Smoothing = SettingsFile.Read(File).Smoothing,
                Optimizers = new Dictionary<string, OptimizerSettings> { ["zo-sgd"] = new() { StepSize = step } },
            }.Write(other);
            Assert.InRange(told, double.NegativeInfinity, Run("zo-sgd", other).GetProperty("summary").Number("meanFinalLoss"));
        }
    }

    [Fact]
    public void RetuningOneOptimizerKeepsTheOthers()
    {
        Tune("zo-sgd,zo-scd:antithetic");
        SettingsFile before = SettingsFile.Read(File);
        Tune("zo-signsgd,zo-sgd", "--iterations", "3");
        SettingsFile after = SettingsFile.Read(File);

        Assert.Equal(["zo-scd:antithetic", "zo-sgd", "zo-signsgd"], after.Optimizers.Keys);
        Assert.Equal(before.Optimizers["zo-scd:antithetic"], after.Optimizers["zo-scd:antithetic"]);
        Assert.Equal(before.MeanFinalLoss["zo-scd:antithetic"], after.MeanFinalLoss["zo-scd:antithetic"]);
        Assert.NotEqual(before.MeanFinalLoss["zo-sgd"], after.MeanFinalLoss["zo-sgd"]);
        Assert.Equal(EstimateKind.Antithetic, after.Optimizers["zo-scd:antithetic"].Estimate);
    }

    [Fact]
    public void AnInterruptedTuningKeepsWhatItHas()
    {
        Tune("zo-sgd");
        string before = System.IO.File.ReadAllText(File);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(Args("zo-sgd,zo-scd"), cancellation.Token);

        Assert.Equal((3, "", $"zo: Interrupted.{Environment.NewLine}"), (outcome.Code, outcome.Output, outcome.Error));
        Assert.Equal(before, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void SettingsThatWereTunedForSomethingElseAreTakenWithANote()
    {
        Tune("zo-sgd", "--directions", "7", "--distortion-weight", "0.3");
        string[] attack = ["--iterations", "1", "--quiet", "--optimizer"];
        string[] fitting = ["--settings", File, "--directions", "7", "--distortion-weight", "0.3"];

        Assert.Equal("", Noted(_task.Args("attack", [.. attack, "zo-sgd", .. fitting])));
        Assert.Equal(
            $"zo: note: The settings of {File} were tuned at c = 0.3 and q = 7, but this run uses c = 0.1 and q = 20; give --distortion-weight 0.3 --directions 7 to use theirs, or tune again with 'zo tune'.",
            Noted(_task.Args("attack", [.. attack, "zo-sgd", "--settings", File])));

        string other = new TinyClassifier { Gain = 2 }.Save(_task.At("other.onnx"));
        string[] args = ["attack", "--model", other, "--images", _task.Images, "--labels", _task.LabelFile, "--out", _task.Out, "--pixels", "0..1", .. attack];
        Assert.Contains($"--settings {File} were tuned for another model (m.onnx)", Noted([.. args, "zo-sgd", .. fitting]), StringComparison.Ordinal);
        System.IO.File.Copy(File, _task.At("other.settings.json"));
        Assert.Contains("are beside the model, were tuned for another model (m.onnx)", Noted([.. args, "zo-sgd"]), StringComparison.Ordinal);

        // Who heeds no settings has nothing to be told.
        Assert.Equal("", Noted([.. args, "zo-lstm-plus"]));

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

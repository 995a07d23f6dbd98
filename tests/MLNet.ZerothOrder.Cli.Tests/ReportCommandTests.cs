namespace MLNet.ZerothOrder.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("attack", "--optimizer", "zo-adam")]
    [InlineData("compare", "--optimizers", "zo-sgd,zo-adam")]
    public void EveryRunWritesItsReportAndReportWritesTheSameAgain(string command, string option, string optimizers)
    {
        Outcome outcome = Zo.Run(_task.Args(command, option, optimizers, "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--quiet")).Done();
        string page = Path.Combine(_task.Out, "report.html");
        string html = File.ReadAllText(page);

        Assert.Contains($"Report:  {page}{Environment.NewLine}", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("zo-adam", html, StringComparison.Ordinal);
        Assert.Contains("<code>zo " + command, html, StringComparison.Ordinal);

        File.Delete(page);
        Assert.Equal($"Report: {page}{Environment.NewLine}", Zo.Run("report", Path.Combine(_task.Out, "result.json")).Done().Output);
        Assert.Equal(html, File.ReadAllText(page));
        Zo.Run("report", _task.Out, "--out", _task.At("elsewhere/")).Done();
        Assert.Equal(html, File.ReadAllText(_task.At("elsewhere/report.html")));
        Zo.Run("report", _task.Out, "--out", _task.At("mine.html")).Done();
        Assert.Equal(html, File.ReadAllText(_task.At("mine.html")));
    }

    [Fact]
    public void AnInterruptedRunIsReportedAsOne()
    {
        string file = Path.Combine(_task.Out, "result.json");
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "1", "--iterations", "2", "--smoothing", "0.001", "--quiet")).Done();
        Assert.DoesNotContain("The run was interrupted", File.ReadAllText(Path.Combine(_task.Out, "report.html")), StringComparison.Ordinal);

        File.WriteAllText(file, File.ReadAllText(file).Replace("\"partial\": false", "\"partial\": true"));
        Zo.Run("report", file).Done();
        Assert.Contains("The run was interrupted", File.ReadAllText(Path.Combine(_task.Out, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void ATrainingWritesItsReportBesideTheOptimizer()
    {
        string file = _task.At("mine.onnx");
        string[] small = ["--directions", "3", "--horizon", "6", "--truncation", "3", "--meta-gradient", "directions:4", "--problems", "2", "--count", "6", "--validation", "2", "--stage", "update"];
        Outcome outcome = Zo.Run(["train", "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--out", file, "--quiet", .. small]).Done();

        Assert.Contains($"Report: {_task.At("mine.report.html")}{Environment.NewLine}", outcome.Output, StringComparison.Ordinal);
        string html = File.ReadAllText(_task.At("mine.report.html"));
        Assert.Contains("Training of mine.onnx", html, StringComparison.Ordinal);
        Zo.Run("report", _task.At("mine.training.json"), "--out", _task.At("again.html")).Done();
        Assert.Equal(html, File.ReadAllText(_task.At("again.html")));
    }

    [Fact]
    public void WhatCannotBeReportedIsOneSentence()
    {
        _task.Text("not.json", "{}");
        _task.Text("broken.json", "{");
        string[][] commands =
        [
            ["report"], ["report", _task.At("absent.json")], ["report", _task.At("not.json")], ["report", _task.At("broken.json")], ["report", _task.At(".")],
            ["report", _task.Model],
        ];
        foreach (string[] command in commands)
        {
            Outcome outcome = Zo.Run(command);
            Assert.Equal((2, ""), (outcome.Code, outcome.Output));
            Assert.Matches(@"\Azo: [^\n]+\.\r?\n\z", outcome.Error);
        }
    }

    [Fact]
    public void APageIsNeitherAFolderNorSomethingElse()
    {
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "1", "--iterations", "2", "--smoothing", "0.001", "--quiet")).Done();
        Directory.CreateDirectory(_task.At("folder.html/report.html"));
        string model = Convert.ToHexString(File.ReadAllBytes(_task.Model));
        foreach (string output in new[] { _task.Model, _task.At("folder.html"), Path.Combine(_task.Model, "report.html") })
        {
            Outcome outcome = Zo.Run("report", _task.Out, "--out", output);
            Assert.Equal(2, outcome.Code);
            Assert.Contains("--out", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(model, Convert.ToHexString(File.ReadAllBytes(_task.Model)));
    }

    [SkippableFact]
    public void FiguresAreDrawnOnRequest()
    {
        Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--quiet")).Done();
        Assert.False(Directory.Exists(Path.Combine(_task.Out, "figures")));
        Outcome outcome = Zo.Run("report", _task.Out, "--figures").Done();

        Skip.If(outcome.Error.Contains("takes Node", StringComparison.Ordinal), "Node is not on the PATH.");
        Assert.Equal("", outcome.Error);
        Assert.True(File.Exists(Path.Combine(_task.Out, "figures", "loss.svg")));
        Assert.True(File.Exists(Path.Combine(_task.Out, "figures", "loss.png")));
    }
}

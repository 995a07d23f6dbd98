using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("attack", "--optimizer", "zo-adam")]
    [InlineData("compare", "--optimizers", "zo-sgd,zo-adam")]
    public void Every_run_writes_its_report_and_report_writes_the_same_again(string command, string option, string optimizers)
    {
        Outcome outcome = Zo.Run(_task.Args(command, option, optimizers, "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--quiet")).Done();
        string page = Path.Combine(_task.Out, "report.html");
        string html = File.ReadAllText(page);

        outcome.Output.ShouldContain($"Report:  {page}{Environment.NewLine}", Case.Sensitive);
        html.ShouldContain("zo-adam", Case.Sensitive);
        html.ShouldContain("<code>zo " + command, Case.Sensitive);

        File.Delete(page);
        Zo.Run("report", Path.Combine(_task.Out, "result.json")).Done().Output.ShouldBe($"Report: {page}{Environment.NewLine}");
        File.ReadAllText(page).ShouldBe(html);
        Zo.Run("report", _task.Out, "--out", _task.At("elsewhere/")).Done();
        File.ReadAllText(_task.At("elsewhere/report.html")).ShouldBe(html);
        Zo.Run("report", _task.Out, "--out", _task.At("mine.html")).Done();
        File.ReadAllText(_task.At("mine.html")).ShouldBe(html);
    }

    [Fact]
    public void An_interrupted_run_is_reported_as_one()
    {
        string file = Path.Combine(_task.Out, "result.json");
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "1", "--iterations", "2", "--smoothing", "0.001", "--quiet")).Done();
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldNotContain("The run was interrupted", Case.Sensitive);

        File.WriteAllText(file, File.ReadAllText(file).Replace("\"partial\": false", "\"partial\": true"));
        Zo.Run("report", file).Done();
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain("The run was interrupted", Case.Sensitive);
    }

    [Fact]
    public void A_training_writes_its_report_beside_the_optimizer()
    {
        string file = _task.At("mine.onnx");
        string[] small = ["--directions", "3", "--horizon", "6", "--truncation", "3", "--meta-gradient", "directions:4", "--problems", "2", "--count", "6", "--validation", "2", "--stage", "update"];
        Outcome outcome = Zo.Run(["train", "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--out", file, "--quiet", .. small]).Done();

        outcome.Output.ShouldContain($"Report: {_task.At("mine.report.html")}{Environment.NewLine}", Case.Sensitive);
        string html = File.ReadAllText(_task.At("mine.report.html"));
        html.ShouldContain("Training of mine.onnx", Case.Sensitive);
        Zo.Run("report", _task.At("mine.training.json"), "--out", _task.At("again.html")).Done();
        File.ReadAllText(_task.At("again.html")).ShouldBe(html);
    }

    [Fact]
    public void What_cannot_be_reported_is_one_sentence()
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
            (outcome.Code, outcome.Output).ShouldBe((2, ""));
            outcome.Error.ShouldMatch(@"\Azo: [^\n]+\.\r?\n\z");
        }
    }

    [Fact]
    public void A_page_is_neither_a_folder_nor_something_else()
    {
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "1", "--iterations", "2", "--smoothing", "0.001", "--quiet")).Done();
        Directory.CreateDirectory(_task.At("folder.html/report.html"));
        string model = Convert.ToHexString(File.ReadAllBytes(_task.Model));
        foreach (string output in new[] { _task.Model, _task.At("folder.html"), Path.Combine(_task.Model, "report.html") })
        {
            Outcome outcome = Zo.Run("report", _task.Out, "--out", output);
            outcome.Code.ShouldBe(2);
            outcome.Error.ShouldContain("--out", Case.Sensitive);
        }

        Convert.ToHexString(File.ReadAllBytes(_task.Model)).ShouldBe(model);
    }

    [SkippableFact]
    public void Figures_are_drawn_on_request()
    {
        Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");
        Zo.Run(_task.Args("attack", "--optimizer", "zo-adam", "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--quiet")).Done();
        Directory.Exists(Path.Combine(_task.Out, "figures")).ShouldBeFalse();
        Outcome outcome = Zo.Run("report", _task.Out, "--figures").Done();

        Skip.If(outcome.Error.Contains("takes Node", StringComparison.Ordinal), "Node is not on the PATH.");
        outcome.Error.ShouldBe("");
        File.Exists(Path.Combine(_task.Out, "figures", "loss.svg")).ShouldBeTrue();
        File.Exists(Path.Combine(_task.Out, "figures", "loss.png")).ShouldBeTrue();
    }
}

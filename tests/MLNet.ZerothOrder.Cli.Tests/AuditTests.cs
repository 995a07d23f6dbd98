using System.Text.Json;
using System.Xml.Linq;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class AuditTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.99", 5)]
    public void An_audit_ends_in_a_verdict(string required, int code)
    {
        string xml = _task.At("verdict.xml"), sarif = _task.At("verdict.sarif");
        Outcome outcome = Zo.Run(_task.Args("audit", "--epsilon", "4/255,0.3", "--budget", "200", "--require", required, "--junit", xml, "--sarif", sarif, "--quiet"));

        outcome.Code.ShouldBe(code, outcome.Error);
        outcome.Output.ShouldContain("4/255");
        if (code == 5)
        {
            outcome.Error.ShouldContain("The requirement is not met");
        }

        using JsonDocument audit = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "audit.json")));
        audit.RootElement.GetProperty("levels").GetArrayLength().ShouldBe(2);
        audit.RootElement.Truth("partial").ShouldBeFalse();
        XDocument.Load(xml).Root!.Element("testsuite")!.Attribute("failures")!.Value.ShouldBe(code == 5 ? "1" : "0");
        JsonDocument.Parse(File.ReadAllText(sarif)).RootElement.Text("version").ShouldBe("2.1.0");

        string report = File.ReadAllText(Path.Combine(_task.Out, "report.html"));
        report.ShouldContain("What a pass does not mean");
        Zo.Run("report", _task.Out, "--out", _task.At("again.html")).Done();
        File.ReadAllText(_task.At("again.html")).ShouldBe(report);
    }

    [Fact]
    public void The_queries_that_a_prior_was_learned_with_are_told_wherever_the_verdict_is()
    {
        Zo.Run("audit", "--count", "2", "--epsilon", "0.3", "--budget", "100", "--prior", "auto", "--quiet", "--out", _task.Out).Error.ShouldContain("mnist-cnn-prior was learned with 25,600 queries");

        using JsonDocument audit = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "audit.json")));
        audit.RootElement.GetProperty("prior").GetProperty("queries").GetInt64().ShouldBe(25_600);
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain("mnist-cnn-prior was learned with 25,600 queries");
    }

    [Fact]
    public void Flagged_queries_stand_in_the_table_in_the_result_and_on_the_report()
    {
        Outcome outcome = Zo.Run(_task.Args("audit", "--epsilon", "0.3", "--budget", "200", "--labels-only", "--flagged-cost", "2", "--quiet"));
        outcome.Code.ShouldBe(0, outcome.Error);
        outcome.Output.ShouldContain("flagged");

        using JsonDocument audit = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "audit.json")));
        long flagged = audit.RootElement.GetProperty("levels")[0].GetProperty("stages").EnumerateArray().Sum(stage => stage.GetProperty("flaggedQueries").GetInt64());
        flagged.ShouldBeGreaterThan(0);
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain($"{flagged:N0} of them flagged");
    }

    [Theory]
    [InlineData("--epsilon is missing")]
    [InlineData("--epsilon has 'x'", "--epsilon", "0.1,x")]
    [InlineData("width of the box", "--epsilon", "1.5")]
    [InlineData("below 1/255", "--epsilon", "0.001")]
    [InlineData("--require", "--epsilon", "0.1", "--require", "2")]
    [InlineData("--budget", "--epsilon", "0.1", "--budget", "0")]
    [InlineData("--flagged-cost", "--epsilon", "0.1", "--flagged-cost", "0.5")]
    [InlineData("all flagged, at 60 each", "--epsilon", "0.1", "--budget", "50", "--flagged-cost", "60")]
    [InlineData("--replay", "--epsilon", "0.1", "--replay", "none.zorec")]
    [InlineData("l2 or linf", "--epsilon", "0.1", "--norm", "l1", "--labels-only")]
    public void What_cannot_be_audited_is_refused_in_one_sentence(string says, params string[] args)
    {
        Outcome outcome = Zo.Run(_task.Args("audit", args));
        outcome.Code.ShouldBe(2);
        outcome.Error.ShouldContain(says);
        outcome.Error.TrimEnd().Split('\n')[^1].ShouldStartWith("zo: ");
    }

    [Fact]
    public void Another_audit_does_not_replace_one()
    {
        Zo.Run(_task.Args("audit", "--epsilon", "0.1", "--budget", "50", "--quiet")).Done();
        string before = File.ReadAllText(Path.Combine(_task.Out, "audit.json"));
        Outcome outcome = Zo.Run(_task.Args("audit", "--epsilon", "0.2", "--budget", "50", "--quiet"));
        outcome.Code.ShouldBe(2);
        outcome.Error.ShouldContain("another folder");
        File.ReadAllText(Path.Combine(_task.Out, "audit.json")).ShouldBe(before);
    }
}

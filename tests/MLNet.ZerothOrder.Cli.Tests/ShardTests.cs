using System.Text.Json.Nodes;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A run that is cut into shards and merged is that of one machine.</summary>
public sealed class ShardTests : IDisposable
{
    private static readonly string[] Few = ["--iterations", "12", "--smoothing", "0.001", "--quiet"];

    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("attack")]
    [InlineData("compare", "--optimizers", "zo-adam,zo-lstm-plus", "--against", "zo-adam")]
    public void A_merged_run_has_the_result_and_the_report_of_one_machine(string command, params string[] more)
    {
        string[] args = [.. _task.Args(command), .. Few, .. more];
        Zo.Run(args).Done();
        Directory.Move(_task.Out, _task.At("whole"));
        foreach (string shard in new[] { "2/3", "3/3", "1/3" })
        {
            Zo.Run([.. args, "--shard", shard]).Done().Error.ShouldEndWith($"'zo merge' makes the whole of all shards.{Environment.NewLine}");
        }

        // Given again, as by a scheduler that starts a finished task once more.
        Zo.Run([.. args, "--shard", "1/3"]).Done();
        Outcome merged = Zo.Run("merge", _task.Out).Done();

        merged.Output.ShouldContain($"Report:  {Path.Combine(_task.Out, "report.html")}");
        Timeless(_task.Out, "result.json").ShouldBe(Timeless(_task.At("whole"), "result.json"));
        foreach (string folder in new[] { _task.Out, _task.At("whole") })
        {
            File.WriteAllText(Path.Combine(folder, "result.json"), Timeless(folder, "result.json"));
            Zo.Run("report", folder, "--out", Path.Combine(folder, "report.html")).Done();
        }

        foreach (string file in Directory.GetFiles(_task.At("whole"), "*", SearchOption.AllDirectories))
        {
            File.ReadAllBytes(Path.Combine(_task.Out, Path.GetRelativePath(_task.At("whole"), file))).AsSpan().SequenceEqual(File.ReadAllBytes(file)).ShouldBeTrue(file);
        }
    }

    [Fact]
    public void A_merged_audit_tells_the_verdict_on_all_images()
    {
        string[] args = [.. _task.Args("audit"), "--epsilon", "4/255,0.3", "--budget", "120", "--require", "0.99", "--quiet"];
        Zo.Run(args).Code.ShouldBe(5);
        Directory.Move(_task.Out, _task.At("whole"));
        Zo.Run([.. args, "--shard", "1/2"]).Done();
        Zo.Run([.. args, "--shard", "2/2"]).Done();

        Outcome merged = Zo.Run("merge", _task.Out, "--junit", _task.At("verdict.xml"));

        merged.Code.ShouldBe(5);
        merged.Error.ShouldContain("The requirement is not met");
        File.ReadAllText(_task.At("verdict.xml")).ShouldContain("failures=\"1\"");
        Timeless(_task.Out, "audit.json").ShouldBe(Timeless(_task.At("whole"), "audit.json"));
        foreach (string run in Directory.GetDirectories(_task.At("whole")).Select(folder => Path.GetFileName(folder)!))
        {
            Timeless(Path.Combine(_task.Out, run), "result.json").ShouldBe(Timeless(Path.Combine(_task.At("whole"), run), "result.json"));
        }
    }

    [Theory]
    [InlineData("There is no shard 0/0; give one from 1/N to N/N, such as 3/100 (--shard).", "attack", "--shard", "0/0")]
    [InlineData("There is no shard 5/4; give one from 1/N to N/N, such as 3/100 (--shard).", "audit", "--epsilon", "0.1", "--shard", "5/4")]
    [InlineData("The shard is 'half'; give i/n, such as 3/100, or auto, or auto/100 (--shard).", "compare", "--optimizers", "zo-sgd,zo-adam", "--shard", "half")]
    [InlineData("21 shards are more than the 20 images of the run; take at most one for each image (--shard).", "attack", "--shard", "1/21")]
    [InlineData("--junit tells the verdict on all images, which a shard does not know; give it to 'zo merge'.", "audit", "--epsilon", "0.1", "--shard", "1/4", "--junit", "x.xml")]
    public void A_shard_that_cannot_be_is_refused_with_one_sentence(string message, string command, params string[] more)
    {
        Outcome outcome = Zo.Run([.. _task.Args(command), .. more]);
        (outcome.Code, outcome.Error).ShouldBe((2, $"zo: {message}{Environment.NewLine}"));
        Directory.Exists(_task.Out).ShouldBeFalse();
    }

    [Fact]
    public void Folders_that_hold_no_whole_run_are_refused_with_one_sentence()
    {
        Refused("holds no shards; give the --out of a run with --shard, or the folder of a shard.", _task.At("nowhere"));
        Zo.Run([.. _task.Args("attack"), .. Few, "--shard", "1/3"]).Done();
        Refused("Shards 2, 3 of 3 are missing; run them (--shard 2/3, …), or name their folders too.", _task.Out);
        Refused("--shard needs --out, the output folder of the whole run, which is the same for all shards; name it.", null);

        void Refused(string message, string? folder)
        {
            Outcome outcome = folder is not null ? Zo.Run("merge", folder) : Zo.Run("attack", "--shard", "1/3");
            outcome.Code.ShouldBe(2);
            outcome.Error.ShouldEndWith(message + Environment.NewLine);
        }
    }

    private static string Timeless(string folder, string file)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, file)))!;
        foreach (JsonObject times in new[] { json.AsObject(), json["timing"] as JsonObject ?? [] })
        {
            foreach (string name in new[] { "seconds", "oracleSeconds", "queriesPerSecond" })
            {
                if (times.ContainsKey(name))
                {
                    times[name] = 0;
                }
            }
        }

        return json.ToJsonString();
    }
}

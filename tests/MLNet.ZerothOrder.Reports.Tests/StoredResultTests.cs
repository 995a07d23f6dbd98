using System.Text.Json.Nodes;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class StoredResultTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_stored_result_gives_the_same_page_again()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(6, 10, folder: folder);
        folder.Write(document);
        ResultReport.Write(document, folder.Path);

        StoredResult.ToReport(folder.ResultFile).ToHtml().ShouldBe(File.ReadAllText(folder.ReportFile));
    }

    [Fact]
    public void A_stored_training_gives_the_same_page_again_even_where_it_diverged()
    {
        File.WriteAllText(_temp.File("mine.training.json"), SampleRun.Training().ToJson());

        StoredResult.ToReport(_temp.File("mine.training.json")).ToHtml().ShouldBe(TrainingReport.Of(SampleRun.Training()).ToHtml());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"tool\":1}")]
    [InlineData("{\"tool\":\"zo\"}")]
    [InlineData("{\"tool\":\"zo\",\"points\":3}")]
    [InlineData("{\"tool\":\"zo\",\"points\":[null]}")]
    [InlineData("{\"tool\":\"\\ud800\"}")]
    public void What_is_no_result_is_refused_in_one_sentence(string content)
    {
        File.WriteAllText(_temp.File("result.json"), content);

        InputException refused = Should.Throw<InputException>(() => StoredResult.ToReport(_temp.File("result.json")));
        refused.Message.ShouldStartWith(_temp.File("result.json"), Case.Sensitive);
        refused.Message.ShouldNotContain('\n');
        Should.Throw<InputException>(() => StoredResult.ToReport(_temp.File("absent.json")));
        Should.Throw<InputException>(() => StoredResult.ToReport(_temp.File("")));
    }

    [Fact]
    public void A_result_of_an_earlier_version_has_a_report_without_what_it_lacks()
    {
        JsonObject json = JsonNode.Parse(SampleRun.Document(5, 4).ToJson())!.AsObject();
        foreach (JsonNode? run in json["runs"]!.AsArray())
        {
            JsonObject summary = run!["summary"]!.AsObject();
            (summary.Remove("medians") && summary.Remove("savedSuccessRateInterval95")).ShouldBeTrue();
        }

        File.WriteAllText(_temp.File("result.json"), json.ToJsonString());
        StoredResult.ToReport(_temp.File("result.json")).ToHtml().ShouldContain("8-bit files hold", Case.Sensitive);
    }

    [Theory]
    [InlineData("timing")]
    [InlineData("skipped")]
    [InlineData("runs")]
    public void A_member_that_a_result_may_lack_is_not_missed(string member)
    {
        JsonObject json = JsonNode.Parse(SampleRun.Document(2, 2).ToJson())!.AsObject();
        json.Remove(member).ShouldBeTrue();
        File.WriteAllText(_temp.File("result.json"), json.ToJsonString());
        StoredResult.ToReport(_temp.File("result.json")).ShouldNotBeNull();
    }

    // Each value of a result replaced by another kind of value, one at a time: a sentence or a report, and nothing else.
    [Fact]
    public void No_mangled_result_is_more_than_a_sentence()
    {
        string[] lines = SampleRun.Document(2, 2).ToJson().Split('\n');
        int refused = 0;
        string[] others = ["null", "\"x\"", "-1", "[]", "{}", "1e999"];
        for (int i = 1; i < lines.Length - 1; i++)
        {
            string line = lines[i].TrimEnd();
            int colon = line.IndexOf("\": ", StringComparison.Ordinal);
            if (line.TrimStart()[0] is '}' or ']' || line[^1] is '{' or '[')
            {
                continue;
            }

            string[] mangled = [.. lines];
            mangled[i] = $"{(colon > 0 ? line[..(colon + 3)] : "")}{others[i % others.Length]}{(line[^1] == ',' ? "," : "")}";
            File.WriteAllText(_temp.File("result.json"), string.Join('\n', mangled));
            try
            {
                StoredResult.ToReport(_temp.File("result.json")).ToHtml().ShouldContain("</html>", Case.Sensitive);
            }
            catch (InputException)
            {
                refused++;
            }
        }

        (refused > 30).ShouldBeTrue($"{refused}");
    }

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("images/../../secret.png")]
    [InlineData("images/./a.png")]
    [InlineData("/secret.png")]
    [InlineData("images//a.png")]
    [InlineData("..\\secret.png")]
    [InlineData("C:secret.png")]
    [InlineData("images/a\0.png")]
    public void No_picture_is_read_from_outside_the_folder(string name)
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        Data.Png.Write(_temp.File("secret.png"), new Data.PixelBuffer(2, 2, 1));
        folder.Write(With(SampleRun.Document(1, 2, ["zo-sgd"], folder: folder), name));

        Should.Throw<InputException>(() => StoredResult.ToReport(folder.ResultFile)).Message.ShouldContain("is outside its folder", Case.Sensitive);
    }

    [SkippableFact]
    public void Nor_through_a_link()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take rights on Windows.");
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        Directory.CreateDirectory(_temp.File("secrets"));
        Data.Png.Write(_temp.File("secrets/secret.png"), new Data.PixelBuffer(2, 2, 1));
        Directory.CreateSymbolicLink(_temp.File("out/way"), _temp.File("secrets"));
        File.CreateSymbolicLink(_temp.File("out/one.png"), _temp.File("secrets/secret.png"));
        foreach (string name in new[] { "way/secret.png", "one.png" })
        {
            folder.Write(With(SampleRun.Document(1, 2, ["zo-sgd"], folder: folder), name));
            Should.Throw<InputException>(() => StoredResult.ToReport(folder.ResultFile));
        }
    }

    [Fact]
    public void Pictures_that_are_gone_or_damaged_are_counted_in_a_note()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(2, 2, ["zo-sgd"], folder: folder);
        folder.Write(document);
        File.Delete(Path.Combine(folder.Path, document.Runs[0].Images[0].ImageFile!));
        File.WriteAllText(Path.Combine(folder.Path, document.Runs[0].Images[1].ImageFile!), "no picture");

        GalleryBlock gallery = StoredResult.ToReport(folder.ResultFile).Blocks.OfType<GalleryBlock>().Single();
        gallery.Note!.ShouldContain("2 pictures were not found", Case.Sensitive);
        foreach (var item in gallery.Items)
        {
            item.Pictures.Select(p => p.Label).ShouldBe(["original"]);
        }
    }

    private static AttackResult With(AttackResult document, string image) => document with
    {
        Runs = [.. document.Runs.Select(run => run with { Images = [.. run.Images.Select(p => p with { ImageFile = image })] })],
    };
}

using System.Text.Json.Nodes;

namespace MLNet.ZerothOrder.Tests;

public sealed class StoredResultTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void AStoredResultGivesTheSamePageAgain()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(6, 10, folder: folder);
        folder.Write(document);
        ResultReport.Write(document, folder.Path);

        Assert.Equal(File.ReadAllText(folder.ReportFile), StoredResult.ToReport(folder.ResultFile).ToHtml());
    }

    [Fact]
    public void AStoredTrainingGivesTheSamePageAgainEvenWhereItDiverged()
    {
        File.WriteAllText(_temp.File("mine.training.json"), SampleRun.Training().ToJson());

        Assert.Equal(TrainingReport.Of(SampleRun.Training()).ToHtml(), StoredResult.ToReport(_temp.File("mine.training.json")).ToHtml());
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
    public void WhatIsNoResultIsRefusedInOneSentence(string content)
    {
        File.WriteAllText(_temp.File("result.json"), content);

        InputException refused = Assert.Throws<InputException>(() => StoredResult.ToReport(_temp.File("result.json")));
        Assert.StartsWith(_temp.File("result.json"), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Throws<InputException>(() => StoredResult.ToReport(_temp.File("absent.json")));
        Assert.Throws<InputException>(() => StoredResult.ToReport(_temp.File("")));
    }

    [Fact]
    public void AResultOfAnEarlierVersionHasAReportWithoutWhatItLacks()
    {
        JsonObject json = JsonNode.Parse(SampleRun.Document(5, 4).ToJson())!.AsObject();
        foreach (JsonNode? run in json["runs"]!.AsArray())
        {
            JsonObject summary = run!["summary"]!.AsObject();
            Assert.True(summary.Remove("medians") && summary.Remove("savedSuccessRateInterval95"));
        }

        File.WriteAllText(_temp.File("result.json"), json.ToJsonString());
        Assert.Contains("8-bit files hold", StoredResult.ToReport(_temp.File("result.json")).ToHtml(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timing")]
    [InlineData("skipped")]
    [InlineData("runs")]
    public void AMemberThatAResultMayLackIsNotMissed(string member)
    {
        JsonObject json = JsonNode.Parse(SampleRun.Document(2, 2).ToJson())!.AsObject();
        Assert.True(json.Remove(member));
        File.WriteAllText(_temp.File("result.json"), json.ToJsonString());
        Assert.NotNull(StoredResult.ToReport(_temp.File("result.json")));
    }

    // Each value of a result replaced by another kind of value, one at a time: a sentence or a report, and nothing else.
    [Fact]
    public void NoMangledResultIsMoreThanASentence()
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
                Assert.Contains("</html>", StoredResult.ToReport(_temp.File("result.json")).ToHtml(), StringComparison.Ordinal);
            }
            catch (InputException)
            {
                refused++;
            }
        }

        Assert.True(refused > 30, $"{refused}");
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
    public void NoPictureIsReadFromOutsideTheFolder(string name)
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        Data.Png.Write(_temp.File("secret.png"), new Data.PixelBuffer(2, 2, 1));
        folder.Write(With(SampleRun.Document(1, 2, ["zo-sgd"], folder: folder), name));

        Assert.Contains("is outside its folder", Assert.Throws<InputException>(() => StoredResult.ToReport(folder.ResultFile)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void NorThroughALink()
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
            Assert.Throws<InputException>(() => StoredResult.ToReport(folder.ResultFile));
        }
    }

    [Fact]
    public void PicturesThatAreGoneOrDamagedAreCountedInANote()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(2, 2, ["zo-sgd"], folder: folder);
        folder.Write(document);
        File.Delete(Path.Combine(folder.Path, document.Runs[0].Images[0].ImageFile!));
        File.WriteAllText(Path.Combine(folder.Path, document.Runs[0].Images[1].ImageFile!), "no picture");

        GalleryBlock gallery = StoredResult.ToReport(folder.ResultFile).Blocks.OfType<GalleryBlock>().Single();
        Assert.Contains("2 pictures were not found", gallery.Note, StringComparison.Ordinal);
        Assert.All(gallery.Items, item => Assert.Equal(["original"], item.Pictures.Select(p => p.Label)));
    }

    private static AttackResult With(AttackResult document, string image) => document with
    {
        Runs = [.. document.Runs.Select(run => run with { Images = [.. run.Images.Select(p => p with { ImageFile = image })] })],
    };
}

using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

public sealed class ResultFolderTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void AFolderIsMadeWithItsParentsAndLeftEmpty()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("a/b/c"));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Equal(Path.Combine(_temp.File("a/b/c"), "result.json"), folder.ResultFile);
    }

    [Fact]
    public void WhereNothingCanBeWrittenTheMessageNamesTheFolder()
    {
        File.WriteAllText(_temp.File("file"), "");
        foreach (string path in new[] { _temp.File("file"), _temp.File("file/below"), "" })
        {
            InputException refused = Assert.Throws<InputException>(() => ResultFolder.EnsureWritable(path));
            Assert.StartsWith($"The output folder '{path}' cannot be written (", refused.Message, StringComparison.Ordinal);
            Assert.EndsWith("; choose another.", refused.Message, StringComparison.Ordinal);
        }

        Directory.CreateDirectory(_temp.File("one/result.json"));
        Directory.CreateDirectory(_temp.File("two"));
        File.WriteAllText(_temp.File("two/images"), "");
        Assert.Contains("choose another", Assert.Throws<InputException>(() => ResultFolder.Create(_temp.File("one"))).Message, StringComparison.Ordinal);
        Assert.Contains("choose another", Assert.Throws<InputException>(() => ResultFolder.Create(_temp.File("two"))).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_temp.File("three/report.html"));
        Assert.Contains("choose another", Assert.Throws<InputException>(() => ResultFolder.Create(_temp.File("three"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyAFolderThatWasMadeForNothingIsRemovedAgain()
    {
        Directory.CreateDirectory(_temp.File("there"));
        ResultFolder.Create(_temp.File("there")).DeleteIfUnused();
        Assert.True(Directory.Exists(_temp.File("there")));

        ResultFolder made = ResultFolder.Create(_temp.File("made"));
        made.DeleteIfUnused();
        Assert.False(Directory.Exists(made.Path));

        ResultFolder used = ResultFolder.Create(_temp.File("used"));
        used.Write(Results.Document());
        used.DeleteIfUnused();
        Assert.True(File.Exists(used.ResultFile));
    }

    [Fact]
    public void RunsOfTheSameNameGetSubFoldersOfTheirOwn()
    {
        IReadOnlyList<string> folders = ResultFolder.SubFolders(["zo-sgd", "own", "Own", "own:no-query", "own_no-query"]);

        Assert.Equal(["zo-sgd", "own", "Own-2", "own_no-query", "own_no-query-2"], folders);
    }

    [Fact]
    public void WhatThereIsNoTimeForNamesNoFiles()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        int asked = 0;
        IReadOnlyList<ImageResult> records = folder.WriteImages(
            null, Results.Shape, [Results.Success("7"), Results.Failure("8") with { Index = 1 }, Results.Success("9", 2)], () => ++asked > 2);

        Assert.Equal(["originals/7.png", "originals/8.png", null], records.Select(r => r.OriginalFile));
        Assert.Equal(["images/7.png", null, null], records.Select(r => r.ImageFile));
        Assert.All(records, r => Assert.Equal(3, r.Trace.Count));
        Assert.Equal(4, Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void ARateOfSavedFilesLeavesOutThoseThatWereNotScored()
    {
        var summary = AttackStatistics.From([Results.Success("a"), Results.Success("b", 1) with { SavedSuccess = false }, Results.Success("c", 2) with { SavedSuccess = null }, Results.Failure("d") with { Index = 3 }]);

        Assert.Equal(1 / 3.0, summary.SavedSuccessRate);
        (double low, double high) = AttackStatistics.Wilson(1, 3);
        Assert.Equal(new Interval(low, high), summary.SavedSuccessRateInterval95);
        Assert.Equal(new MedianEstimate(22, new Interval(22, 22)), summary.Medians!.QueriesToFirstSuccess);
    }

    [Fact]
    public void SuccessfulImagesAreWrittenAndNamed()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        IReadOnlyList<ImageResult> records = folder.WriteImages(null, Results.Shape, [Results.Success("7"), Results.Failure("8"), Results.Unasked("9")]);

        Assert.Equal(["images/7.png", null, null], records.Select(r => r.ImageFile));
        Assert.Equal(["7.png"], Directory.GetFiles(Path.Combine(folder.Path, "images")).Select(Path.GetFileName));
        Assert.Equal([64, 128, 191, 255], Png.Read(Path.Combine(folder.Path, "images/7.png")).Pixels);
    }

    [Fact]
    public void OriginalsAreWrittenOnceAndLastIteratesOfFailuresToo()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        ImageResult[] problems = [Results.Success("7"), Results.Failure("8") with { Index = 1 }, Results.Unasked("9") with { Index = 2 }];
        IReadOnlyList<ImageResult> first = folder.WriteImages("a", Results.Shape, problems);
        IReadOnlyList<ImageResult> second = folder.WriteImages("b", Results.Shape, problems);

        Assert.Equal(["originals/7.png", "originals/8.png", "originals/9.png"], first.Select(r => r.OriginalFile));
        Assert.Equal(first.Select(r => r.OriginalFile), second.Select(r => r.OriginalFile));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(folder.Path, "originals")).Length);
        Assert.Equal([null, "last/a/8.png", null], first.Select(r => r.LastFile));
        Assert.Equal([0, 0, 0, 255], Png.Read(Path.Combine(folder.Path, "last/b/8.png")).Pixels);
    }

    [Fact]
    public void AResultIsNeverBesideTheReportOfAnother()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.Write(Results.Document(Results.Success("a")));
        ResultReport.Write(Results.Document(Results.Success("a")), folder.Path);
        Assert.True(File.Exists(folder.ReportFile));

        folder.Write(Results.Document());
        Assert.False(File.Exists(folder.ReportFile));
    }

    [Fact]
    public void NamesThatCollideOnSomeFileSystemGetFilesOfTheirOwn()
    {
        string[] names = ["a/b.png", "a_b.png", "A_B", "a_b-2", "", "..", "...", "é", "ü", new string('x', 300), new string('x', 301)];
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        string[] files = [.. folder.WriteImages("run:1", Results.Shape, [.. names.Select((n, i) => Results.Success(n, i))]).Select(r => r.ImageFile!)];

        Assert.Equal(files.Length, files.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(files, file => Assert.StartsWith("images/run_1/", file, StringComparison.Ordinal));
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(folder.Path, file)), file));
        Assert.All(files, file => Assert.True(Path.GetFileName(file).Length < 120 && Path.GetFileName(file)[0] != '.', file));
    }

    [Fact]
    public void TrialsAreToldApart()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        IReadOnlyList<ImageResult> records = folder.WriteImages(null, Results.Shape, [Results.Success("7"), Results.Success("7", trial: 1)]);

        Assert.Equal(["images/7-trial0.png", "images/7-trial1.png"], records.Select(r => r.ImageFile));
    }

    [Fact]
    public void NoNameLeadsOutOfTheFolder()
    {
        string root = _temp.File("jail");
        Prop.ForAll<NonNull<string>, NonNull<string>>((name, run) =>
        {
            ResultFolder folder = ResultFolder.Create(Path.Combine(root, "out"));
            string file = folder.WriteImages($"../{run.Get}", Results.Shape, [Results.Success($"../{name.Get}")]).Single().ImageFile!;
            string whole = Path.GetFullPath(Path.Combine(folder.Path, file));
            return whole.StartsWith(Path.Combine(root, "out", "images") + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                && File.Exists(whole) && Directory.GetFileSystemEntries(root).Length == 1;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ThePanelShowsARowForEachOfTheFirstTwentyImagesThatWereAsked()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.WritePanel(null, Results.Shape, [Results.Success("a"), Results.Success("a", trial: 1), Results.Failure("b"), Results.Unasked("c")]);
        int two = Png.Read(Path.Combine(folder.Path, "panel.png")).Height;
        folder.WritePanel("zo-sgd", Results.Shape, [.. Enumerable.Range(0, 30).Select(i => Results.Success($"{i}"))]);
        int twenty = Png.Read(Path.Combine(folder.Path, "panel-zo-sgd.png")).Height;

        // Each row is as high as the next, with one gutter more than rows.
        int gutter = ((twenty * 2) - (two * 20)) / -18;
        Assert.Equal((two - gutter) / 2, (twenty - gutter) / 20);
        Assert.InRange(gutter, 1, 10);

        ResultFolder empty = ResultFolder.Create(_temp.File("empty"));
        empty.WritePanel(null, Results.Shape, [Results.Unasked("c")]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(empty.Path));
    }

    [Fact]
    public void AResultIsReplacedAsAWhole()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.Write(Results.Document(Results.Success("a"), Results.Success("b")));
        folder.Write(Results.Document());

        Assert.Equal(Results.Document().ToJson() + "\n", File.ReadAllText(folder.ResultFile));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}

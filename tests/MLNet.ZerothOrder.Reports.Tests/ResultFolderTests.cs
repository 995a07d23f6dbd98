using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ResultFolderTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_folder_is_made_with_its_parents_and_left_empty()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("a/b/c"));

        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
        folder.ResultFile.ShouldBe(Path.Combine(_temp.File("a/b/c"), "result.json"));
    }

    [Fact]
    public void Where_nothing_can_be_written_the_message_names_the_folder()
    {
        File.WriteAllText(_temp.File("file"), "");
        foreach (string path in new[] { _temp.File("file"), _temp.File("file/below"), "" })
        {
            InputException refused = Should.Throw<InputException>(() => ResultFolder.EnsureWritable(path));
            refused.Message.ShouldStartWith($"The output folder '{path}' cannot be written (", Case.Sensitive);
            refused.Message.ShouldEndWith("; choose another.", Case.Sensitive);
        }

        Directory.CreateDirectory(_temp.File("one/result.json"));
        Directory.CreateDirectory(_temp.File("two"));
        File.WriteAllText(_temp.File("two/images"), "");
        Should.Throw<InputException>(() => ResultFolder.Create(_temp.File("one"))).Message.ShouldContain("choose another", Case.Sensitive);
        Should.Throw<InputException>(() => ResultFolder.Create(_temp.File("two"))).Message.ShouldContain("choose another", Case.Sensitive);
        Directory.CreateDirectory(_temp.File("three/report.html"));
        Should.Throw<InputException>(() => ResultFolder.Create(_temp.File("three"))).Message.ShouldContain("choose another", Case.Sensitive);
    }

    [Fact]
    public void Only_a_folder_that_was_made_for_nothing_is_removed_again()
    {
        Directory.CreateDirectory(_temp.File("there"));
        ResultFolder.Create(_temp.File("there")).DeleteIfUnused();
        Directory.Exists(_temp.File("there")).ShouldBeTrue();

        ResultFolder made = ResultFolder.Create(_temp.File("made"));
        made.DeleteIfUnused();
        Directory.Exists(made.Path).ShouldBeFalse();

        ResultFolder used = ResultFolder.Create(_temp.File("used"));
        used.Write(Results.Document());
        used.DeleteIfUnused();
        File.Exists(used.ResultFile).ShouldBeTrue();
    }

    [Fact]
    public void Runs_of_the_same_name_get_sub_folders_of_their_own()
    {
        IReadOnlyList<string> folders = ResultFolder.SubFolders(["zo-sgd", "own", "Own", "own:no-query", "own_no-query"]);

        folders.ShouldBe(["zo-sgd", "own", "Own-2", "own_no-query", "own_no-query-2"]);
    }

    [Fact]
    public void What_there_is_no_time_for_names_no_files()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        int asked = 0;
        IReadOnlyList<ImageResult> records = folder.WriteImages(
            null, Results.Shape, [Results.Success("7"), Results.Failure("8") with { Index = 1 }, Results.Success("9", 2)], () => ++asked > 2);

        records.Select(r => r.OriginalFile).ShouldBe(["originals/7.png", "originals/8.png", null]);
        records.Select(r => r.ImageFile).ShouldBe(["images/7.png", null, null]);
        foreach (var r in records)
        {
            r.Trace.Count.ShouldBe(3);
        }
        Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories).Length.ShouldBe(4);
    }

    [Fact]
    public void A_rate_of_saved_files_leaves_out_those_that_were_not_scored()
    {
        var summary = AttackStatistics.From([Results.Success("a"), Results.Success("b", 1) with { SavedSuccess = false }, Results.Success("c", 2) with { SavedSuccess = null }, Results.Failure("d") with { Index = 3 }]);

        summary.SavedSuccessRate.ShouldBe(1 / 3.0);
        (double low, double high) = AttackStatistics.Wilson(1, 3);
        summary.SavedSuccessRateInterval95.ShouldBe(new Interval(low, high));
        summary.Medians!.QueriesToFirstSuccess.ShouldBe(new MedianEstimate(22, new Interval(22, 22)));
    }

    [Fact]
    public void Successful_images_are_written_and_named()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        IReadOnlyList<ImageResult> records = folder.WriteImages(null, Results.Shape, [Results.Success("7"), Results.Failure("8"), Results.Unasked("9")]);

        records.Select(r => r.ImageFile).ShouldBe(["images/7.png", null, null]);
        Directory.GetFiles(Path.Combine(folder.Path, "images")).Select(Path.GetFileName).ShouldBe(["7.png"]);
        PictureFile.Read(Path.Combine(folder.Path, "images/7.png")).Pixels.ShouldBe([64, 128, 191, 255]);
    }

    [Fact]
    public void Originals_are_written_once_and_last_iterates_of_failures_too()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        ImageResult[] problems = [Results.Success("7"), Results.Failure("8") with { Index = 1 }, Results.Unasked("9") with { Index = 2 }];
        IReadOnlyList<ImageResult> first = folder.WriteImages("a", Results.Shape, problems);
        IReadOnlyList<ImageResult> second = folder.WriteImages("b", Results.Shape, problems);

        first.Select(r => r.OriginalFile).ShouldBe(["originals/7.png", "originals/8.png", "originals/9.png"]);
        second.Select(r => r.OriginalFile).ShouldBe(first.Select(r => r.OriginalFile));
        Directory.GetFiles(Path.Combine(folder.Path, "originals")).Length.ShouldBe(3);
        first.Select(r => r.LastFile).ShouldBe([null, "last/a/8.png", null]);
        PictureFile.Read(Path.Combine(folder.Path, "last/b/8.png")).Pixels.ShouldBe([0, 0, 0, 255]);
    }

    [Fact]
    public void A_result_is_never_beside_the_report_of_another()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.Write(Results.Document(Results.Success("a")));
        ResultReport.Write(Results.Document(Results.Success("a")), folder.Path);
        File.Exists(folder.ReportFile).ShouldBeTrue();

        folder.Write(Results.Document());
        File.Exists(folder.ReportFile).ShouldBeFalse();
    }

    [Fact]
    public void Names_that_collide_on_some_file_system_get_files_of_their_own()
    {
        string[] names = ["a/b.png", "a_b.png", "A_B", "a_b-2", "", "..", "...", "é", "ü", new string('x', 300), new string('x', 301)];
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        string[] files = [.. folder.WriteImages("run:1", Results.Shape, [.. names.Select((n, i) => Results.Success(n, i))]).Select(r => r.ImageFile!)];

        files.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(files.Length);
        foreach (var file in files)
        {
            file.ShouldStartWith("images/run_1/", Case.Sensitive);
        }
        foreach (var file in files)
        {
            File.Exists(Path.Combine(folder.Path, file)).ShouldBeTrue(file);
        }
        foreach (var file in files)
        {
            (Path.GetFileName(file).Length < 120 && Path.GetFileName(file)[0] != '.').ShouldBeTrue(file);
        }
    }

    [Fact]
    public void Trials_are_told_apart()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        IReadOnlyList<ImageResult> records = folder.WriteImages(null, Results.Shape, [Results.Success("7"), Results.Success("7", trial: 1)]);

        records.Select(r => r.ImageFile).ShouldBe(["images/7-trial0.png", "images/7-trial1.png"]);
    }

    [Fact]
    public void No_name_leads_out_of_the_folder()
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
    public void The_panel_shows_a_row_for_each_of_the_first_twenty_images_that_were_asked()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.WritePanel(null, Results.Shape, [Results.Success("a"), Results.Success("a", trial: 1), Results.Failure("b"), Results.Unasked("c")]);
        int two = PictureFile.Read(Path.Combine(folder.Path, "panel.png")).Height;
        folder.WritePanel("zo-sgd", Results.Shape, [.. Enumerable.Range(0, 30).Select(i => Results.Success($"{i}"))]);
        int twenty = PictureFile.Read(Path.Combine(folder.Path, "panel-zo-sgd.png")).Height;

        // Each row is as high as the next, with one gutter more than rows.
        int gutter = ((twenty * 2) - (two * 20)) / -18;
        ((twenty - gutter) / 20).ShouldBe((two - gutter) / 2);
        gutter.ShouldBeInRange(1, 10);

        ResultFolder empty = ResultFolder.Create(_temp.File("empty"));
        empty.WritePanel(null, Results.Shape, [Results.Unasked("c")]);
        Directory.EnumerateFileSystemEntries(empty.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_result_is_replaced_as_a_whole()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        folder.Write(Results.Document(Results.Success("a"), Results.Success("b")));
        folder.Write(Results.Document());

        File.ReadAllText(folder.ResultFile).ShouldBe(Results.Document().ToJson() + "\n");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldHaveSingleItem();
    }
}

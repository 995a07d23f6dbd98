using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using MLNet.ZerothOrder.Cli;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What the pages show works as they show it.</summary>
public sealed class DocumentationTests
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    public static TheoryData<string, string> Commands()
    {
        var commands = new TheoryData<string, string>();
        foreach (string page in Pages())
        {
            foreach (string line in File.ReadLines(page).Where(line => Regex.IsMatch(line, @"^(    |\$ )(\./)?zo ")))
            {
                commands.Add(Path.GetRelativePath(Root, page), line.TrimStart(' ', '$').Split('#')[0].Trim());
            }
        }

        return commands;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_on_a_page_is_one_that_zo_takes(string page, string command)
    {
        string[] args = command.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
        string? error = Application.UsageErrorOf(new Session(args, new Terminal(TextWriter.Null, TextWriter.Null), default));
        error.ShouldBeNull($"{page}: {command}");
    }

    [Fact]
    public void Every_link_on_a_page_leads_to_a_file_and_its_heading()
    {
        foreach (string page in Pages())
        {
            foreach (Match link in Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)"))
            {
                string target = link.Groups[1].Value is { Length: > 0 } path ? Path.Combine(Path.GetDirectoryName(page)!, path) : page;
                (File.Exists(target) || Directory.Exists(target)).ShouldBeTrue($"{page}: {link.Value}");
                (!link.Groups[2].Success || Anchors(target).Contains(link.Groups[2].Value)).ShouldBeTrue($"{page}: {link.Value}");
            }
        }
    }

    [Fact]
    public void The_readmes_example_resumes_an_interrupted_run_to_the_same_bytes()
    {
        Page.ShowsExample("../../README.md", "attack");
        string whole = Problems(step: null);

        File.Exists("out/digits/run.checkpoint").ShouldBeFalse();
        Problems(step: 60).ShouldBe(whole);
    }

    [Fact]
    public void The_readme_and_every_packages_page_has_one_example_in_CSharp()
    {
        foreach (string page in Directory.GetDirectories(Path.Combine(Root, "src")).Append(Root).Select(folder => Path.Combine(folder, "README.md")).Where(page => !page.Contains("Cli") && File.Exists(page)))
        {
            File.ReadAllText(page).Split("```csharp\n").Length.ShouldBe(2, page);
        }
    }

    // The problems of the example's result, in one go or interrupted after some steps and run once more.
    private static string Problems(int? step)
    {
        if (Directory.Exists("out/digits"))
        {
            Directory.Delete("out/digits", recursive: true);
        }

        if (step is { } last)
        {
            using var stop = new CancellationTokenSource();
            int steps = 0;
            Attack(
                _ =>
                {
                    if (++steps == last)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token).Partial.ShouldBeTrue();
        }

        Attack().Partial.ShouldBeFalse();
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText("out/digits/result.json"));
        return json.RootElement.GetProperty("runs")[0].GetProperty("problems").GetRawText();
    }

    // The bundled models lie beside the program, where tests run too.
    private static AttackResult Attack(Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        // example attack
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load("onnx/targets/mnist-lenet.onnx");
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-lstm-plus");
        var options = new AttackOptions { Count = 5, Limits = new RunLimits { Budget = 1000 } };
        var session = new AttackSession(classifier, GeneratedDigits.Create(10), [optimizer], options) { Folder = "out/digits" };
        AttackResult result = session.Run(progress, cancellation);

        foreach (ImageResult image in result.Runs[0].Images)
        {
            Console.WriteLine($"{image.Name}: {image.Label} → {image.AdversarialLabel}, {image.QueriesToFirstSuccess} queries");
        }

        // end of attack
        return result;
    }

    // As GitHub makes them: lower case, punctuation dropped, spaces to hyphens, and a number to a heading that comes again.
    private static HashSet<string> Anchors(string page)
    {
        var anchors = new HashSet<string>();
        bool isCode = false;
        foreach (string line in File.ReadLines(page))
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!isCode && Regex.Match(line, @"^#+ +(.*?) *#*$") is { Success: true } heading)
            {
                string anchor = Regex.Replace(heading.Groups[1].Value.ToLowerInvariant(), @"[^\p{L}\p{M}\p{N}_ -]", "").Replace(' ', '-');
                for (int i = 0; !anchors.Add(i == 0 ? anchor : $"{anchor}-{i}"); i++)
                {
                }
            }
        }

        return anchors;
    }

    private static IEnumerable<string> Pages()
    {
        string[] folders =
        [
            Root, Path.Combine(Root, "docs"), Path.Combine(Root, "onnx"),
            .. Directory.GetDirectories(Path.Combine(Root, "src")), .. Directory.GetDirectories(Path.Combine(Root, "samples")),
        ];
        return folders.SelectMany(folder => Directory.GetFiles(folder, "*.md"));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

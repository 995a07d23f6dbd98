using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MLNet.ZerothOrder.Cli;
using MLNet.ZerothOrder.Data;

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
            foreach (string line in File.ReadLines(page).Select(line => line.TrimStart(' ', '$')).Where(line => line.StartsWith("./zo ", StringComparison.Ordinal)))
            {
                commands.Add(Path.GetRelativePath(Root, page), line.Split('#')[0].Trim());
            }
        }

        return commands;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommandOnAPageIsOneThatZoTakes(string page, string command)
    {
        string[] args = command.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
        string? error = Application.UsageErrorOf(new Session(args, new Terminal(TextWriter.Null, TextWriter.Null), default));
        Assert.True(error is null, $"{page}: {command}: {error}");
    }

    [Fact]
    public void EveryLinkOnAPageLeadsToAFileAndItsHeading()
    {
        foreach (string page in Pages())
        {
            foreach (Match link in Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)"))
            {
                string target = link.Groups[1].Value is { Length: > 0 } path ? Path.Combine(Path.GetDirectoryName(page)!, path) : page;
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{page}: {link.Value}");
                Assert.True(!link.Groups[2].Success || Anchors(target).Contains(link.Groups[2].Value), $"{page}: {link.Value}");
            }
        }
    }

    [Fact]
    public void TheReadmesExampleIsTheCodeBelowAndFindsAdversarialDigits()
    {
        IsTheCodeBelow("README.md");

        // The bundled models lie beside the program, where tests run too.
        Assert.All(ReadmeExample().Runs[0].Images, image => Assert.Equal(1051, image.Queries));
    }

    [Fact]
    public void ThePackagesExampleIsTheCodeBelowAndHoldsItsBudget()
    {
        IsTheCodeBelow("src/PACKAGE.md");

        File.Copy("onnx/targets/mnist-lenet.onnx", "classifier.onnx", overwrite: true);
        Assert.All(PackageExample().Runs[0].Images, image => Assert.InRange(image.Queries, 900, 1000));
    }

    // The first example of a page stands below between two comments that name it.
    private static void IsTheCodeBelow(string page)
    {
        string example = File.ReadAllText(Path.Combine(Root, page)).Split("```csharp\n")[1].Split("```")[0].Trim();
        string[] own = File.ReadAllLines(Path.Combine(Here(), "DocumentationTests.cs"));
        int from = Array.FindIndex(own, line => line.Trim() == $"// {page}") + 1;
        int to = Array.FindIndex(own, line => line.Trim() == $"// end of {page}");
        Assert.Equal(example, string.Join('\n', own[from..to].Select(line => line.Length > 8 ? line[8..] : "")).Trim());
    }

    private static AttackResult PackageExample()
    {
        // src/PACKAGE.md
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load("classifier.onnx");
        IZerothOrderOptimizer optimizer = BundledOptimizers.Load("zo-lstm-plus");
        var options = new AttackOptions { Count = 3, Limits = new RunLimits { Iterations = 50, Budget = 1000 } };
        AttackResult result = new BlackBoxAttack(oracle, optimizer, options).Run(GeneratedDigits.Create(10));

        foreach (ImageResult image in result.Runs[0].Images)
        {
            Console.WriteLine($"{image.Name}: {image.Label} → {image.AdversarialLabel}, {image.Queries} queries");
        }

        // end of src/PACKAGE.md
        return result;
    }

    private static AttackResult ReadmeExample()
    {
        // README.md
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load("onnx/targets/mnist-lenet.onnx");
        IZerothOrderOptimizer optimizer = OptimizerFile.Load("onnx/optimizers/zo-lstm-plus.onnx");
        var attack = new BlackBoxAttack(oracle, optimizer, new AttackOptions { Count = 3, Limits = new RunLimits { Iterations = 50 } });
        AttackResult result = attack.Run(GeneratedDigits.Create(10));

        foreach (ImageResult image in result.Runs[0].Images)
        {
            Console.WriteLine($"{image.Name}: {image.Label} → {image.AdversarialLabel}, {image.Queries} queries, ℓ1 {image.Distortion?.L1:F1}");
        }

        // end of README.md
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

    private static IEnumerable<string> Pages() =>
        [.. Directory.GetFiles(Root, "*.md"), Path.Combine(Root, "src", "PACKAGE.md"), .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md"), .. Directory.GetFiles(Path.Combine(Root, "onnx"), "*.md")];

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

using System.Runtime.CompilerServices;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Holds the examples on a page to code that tests run.</summary>
internal static class Page
{
    /// <summary>Fails unless the caller's lines between <c>// example NAME</c> and <c>// end of NAME</c> are an example on the page.</summary>
    public static void ShowsExample(string page, string name, [CallerFilePath] string file = "")
    {
        string[] lines = File.ReadAllLines(file);
        int from = Array.FindIndex(lines, line => line.Trim() == $"// example {name}") + 1;
        int to = Array.FindIndex(lines, line => line.Trim() == $"// end of {name}");
        (from > 0 && to > from).ShouldBeTrue($"{file} has no example {name}.");
        int indent = lines[from].Length - lines[from].TrimStart().Length;
        string example = string.Join('\n', lines[from..to].Select(line => line.Length > indent ? line[indent..] : "")).Trim();

        IEnumerable<string> shown = File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, page)).Split("```csharp\n").Skip(1).Select(rest => rest.Split("```")[0].Trim());
        shown.ShouldContain(example);
    }
}

using MLNet.ZerothOrder.Cli;

namespace MLNet.ZerothOrder.Tests;

public sealed class TerminalTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    public void AProgressLineIsRedrawnInOneLineOfAnyTerminal(int width)
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, null, () => width);
        ProgressBar.Draw(terminal, "zo-signsgd:antithetic (3 of 6)", 0.5, "50 %  117/1000 done  12,345,678 queries  12,345/s  1:02:03 left");
        ProgressBar.Draw(terminal, "zo-sgd", 0.25, "25 %");

        // Back to the line's beginning, and nothing left of what stood there.
        string[] drawn = error.ToString().Split("\r\u001b[K");
        Assert.Equal(3, drawn.Length);
        Assert.Equal("", drawn[0]);
        Assert.All(drawn, line => Assert.True(line.Length < width, line));
        Assert.Equal("", output.ToString());
        if (width >= 80)
        {
            Assert.StartsWith("zo-signsgd:antithetic (3 of 6)  ", drawn[1], StringComparison.Ordinal);
            Assert.Equal("zo-sgd  ██████░░░░░░░░░░░░░░░░░░  25 %", drawn[2]);
        }
    }

    [Fact]
    public void ALiveRunDrawsOnTheErrorStreamAloneAndErasesWhatItDrew()
    {
        using var task = new TinyTask();
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, null, () => 80);
        Application.Run(new Session(task.Args("attack", "--iterations", "1000000", "--time-limit", "0.5"), terminal, default));

        Assert.Contains("zo-lstm-plus  ", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\u001b[K", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", output.ToString(), StringComparison.Ordinal);

        using StringWriter silent = new();
        Application.Run(new Session(task.Args("attack", "--iterations", "1000000", "--time-limit", "0.5", "--quiet"), new Terminal(output, silent, null, () => 80), default));
        Assert.Matches("\\Azo: note: Taken for granted: [^\\n]*\\n\\z", silent.ToString());
    }

    [Fact]
    public void AMessageIsOneLineWhateverItQuotes()
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error);
        terminal.Fail("No file 'a\nb\u001b[2J\tc'.");
        terminal.Note("kept");

        Assert.Equal($"zo: No file 'a b?[2J?c'.{Environment.NewLine}zo: note: kept{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public void ATableShortensNamesFromTheirBeginningUntilItFits()
    {
        var table = new TextTable("name", "one\nnumber", "two");
        table.Add("class/a-very-long-name-0001.png", "1", "12345");
        table.Add("b", "–", "2");
        using var wide = new StringWriter();
        table.WriteTo(wide, null);
        using var narrow = new StringWriter();
        table.WriteTo(narrow, 30);

        Assert.Equal(
            [
                "                                    one",
                "name                             number    two",
                "───────────────────────────────  ──────  ─────",
                "class/a-very-long-name-0001.png       1  12345",
                "b                                     –      2",
                "",
            ],
            wide.ToString().Split(Environment.NewLine));
        Assert.Contains("…-name-0001.png ", narrow.ToString(), StringComparison.Ordinal);
        Assert.Equal(30, narrow.ToString().Split(Environment.NewLine).Max(line => line.Length));
    }
}

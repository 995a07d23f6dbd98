using MLNet.ZerothOrder.Cli;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TerminalTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    public void A_progress_line_is_redrawn_in_one_line_of_any_terminal(int width)
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, null, () => width);
        ProgressBar.Draw(terminal, "zo-signsgd:antithetic (3 of 6)", 0.5, "50 %  117/1000 done  12,345,678 queries  12,345/s  1:02:03 left");
        ProgressBar.Draw(terminal, "zo-sgd", 0.25, "25 %");

        // Back to the line's beginning, and nothing left of what stood there.
        string[] drawn = error.ToString().Split("\r\u001b[K");
        drawn.Length.ShouldBe(3);
        drawn[0].ShouldBe("");
        foreach (var line in drawn)
        {
            (line.Length < width).ShouldBeTrue(line);
        }
        output.ToString().ShouldBe("");
        if (width >= 80)
        {
            drawn[1].ShouldStartWith("zo-signsgd:antithetic (3 of 6)  ", Case.Sensitive);
            drawn[2].ShouldBe("zo-sgd  ██████░░░░░░░░░░░░░░░░░░  25 %");
        }
    }

    [Fact]
    public void A_live_run_draws_on_the_error_stream_alone_and_erases_what_it_drew()
    {
        using var task = new TinyTask();
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error, null, () => 80);
        Application.Run(new Session(task.Args("attack", "--iterations", "1000000", "--time-limit", "0.5"), terminal, default));

        error.ToString().ShouldContain("zo-lstm-plus  ", Case.Sensitive);
        error.ToString().ShouldEndWith("\r\u001b[K", Case.Sensitive);
        output.ToString().ShouldNotContain("\u001b", Case.Sensitive);

        using StringWriter silent = new();
        Application.Run(new Session(task.Args("attack", "--iterations", "1000000", "--time-limit", "0.5", "--quiet"), new Terminal(output, silent, null, () => 80), default));
        silent.ToString().ShouldMatch("\\Azo: note: Taken for granted: [^\\n]*\\n\\z");
    }

    [Fact]
    public void A_message_is_one_line_whatever_it_quotes()
    {
        using StringWriter output = new(), error = new();
        var terminal = new Terminal(output, error);
        terminal.Fail("No file 'a\nb\u001b[2J\tc'.");
        terminal.Note("kept");

        error.ToString().ShouldBe($"zo: No file 'a b?[2J?c'.{Environment.NewLine}zo: note: kept{Environment.NewLine}");
    }

    [Fact]
    public void A_table_shortens_names_from_their_beginning_until_it_fits()
    {
        var table = new TextTable("name", "one\nnumber", "two");
        table.Add("class/a-very-long-name-0001.png", "1", "12345");
        table.Add("b", "–", "2");
        using var wide = new StringWriter();
        table.WriteTo(wide, null);
        using var narrow = new StringWriter();
        table.WriteTo(narrow, 30);

        wide.ToString().Split(Environment.NewLine).ShouldBe([
                "                                    one",
                "name                             number    two",
                "───────────────────────────────  ──────  ─────",
                "class/a-very-long-name-0001.png       1  12345",
                "b                                     –      2",
                "",
            ]);
        narrow.ToString().ShouldContain("…-name-0001.png ", Case.Sensitive);
        narrow.ToString().Split(Environment.NewLine).Max(line => line.Length).ShouldBe(30);
    }
}

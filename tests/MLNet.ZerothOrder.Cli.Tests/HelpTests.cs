using System.Text.RegularExpressions;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => ["", "attack", "compare", "audit", "tune", "train", "report", "inspect", "data", "data mnist", "data cifar10", "data digits", "bench", "bench oracle", "bench attack", "bench step", "bench graph", "bench train", .. Lab.Experiment.All.Select(e => $"experiment {e.Name}")];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_explains_itself(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Outcome outcome = Zo.Run([.. words, "--help"]).Done();

        outcome.Error.ShouldBe("");
        // The program is called as the process is, which here is the tests' own.
        outcome.Output.ShouldMatch($@"Usage:\s+\S+ {command}");
        Zo.Run([.. words, "-h"]).Done().Output.ShouldBe(outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_fits_a_terminal_of_80_columns(string command)
    {
        using StringWriter output = new(), error = new();
        Cli.Application.Run(new Cli.Session([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"], new Cli.Terminal(output, error, () => 80), default));

        foreach (var line in output.ToString().Split(Environment.NewLine))
        {
            (line.TrimEnd().Length <= 80).ShouldBeTrue(line);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("data")]
    [InlineData("bench")]
    public void A_command_that_only_holds_others_explains_itself_alone(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Zo.Run(words).Done().Output.ShouldBe(Zo.Run([.. words, "--help"]).Done().Output);
    }

    [Fact]
    public void Attack_help_names_every_option_that_scripts_use()
    {
        string help = Zo.Run("attack", "--help").Output;
        string[] options =
        [
            "--model", "--dataset", "--images", "--labels", "--data", "--count", "--skip", "--indices", "--method, --optimizer", "--settings", "--epsilon", "--sparse", "--labels-only", "--directions",
            "--iterations", "--budget", "--flagged-cost", "--stop", "--norm", "--distortion-weight", "--target", "--transform", "--smoothing", "--seed", "--trials",
            "--batch", "--device", "--out", "--figures", "--json", "--quiet", "--mix", "--scale", "--step",
            "--retries", "--call-timeout", "--max-rate, --rate-limit", "--repeat-check", "--defend", "--cache", "--record", "--replay",
        ];

        foreach (var option in options)
        {
            help.ShouldContain($"  {option} ", Case.Sensitive);
        }
        foreach (var name in new OptimizerRegistry().Names.Concat(new OptimizerRegistry().Methods))
        {
            help.ShouldContain(name, Case.Sensitive);
        }
    }

    [Theory]
    [InlineData("tune", "--directions <Q>", "(default: 20)")]
    [InlineData("tune", "--smoothing <auto|MU>", "(default: auto)")]
    [InlineData("tune", "--dataset <digits|mnist|cifar10>", "their training images")]
    [InlineData("inspect", "--count <N>", "images to check")]
    [InlineData("data digits", "--dir <DIR>", "(default: the current folder)")]
    [InlineData("data mnist", "--dir <DIR>", "ZO_DATA")]
    [InlineData("experiment cosine", "--images <N>", "(default: 20 (2 with --quick))")]
    [InlineData("experiment dimension", "--trials <R>", "(default: 1).")]
    [InlineData("experiment ablation", "--images <N>", "100 (8 with --quick) on MNIST, 100 (1 with --quick) on CIFAR-10")]
    public void An_options_help_tells_what_it_does_in_that_command(string command, string option, string says)
    {
        string help = Zo.Run([.. command.Split(' '), "--help"]).Done().Output;
        string own = Regex.Match(help, $@"(?ms)^  {Regex.Escape(option)} .*?(?=^  -|\z)").Value;

        Regex.Replace(own, @"\s+", " ").ShouldContain(says, Case.Sensitive);
    }

    [Theory]
    [InlineData("cosine", "--trials", "--with")]
    [InlineData("trajectory", "--images", "--trials", "--with")]
    [InlineData("deviation-map", "--trials", "--with")]
    [InlineData("panels", "--images", "--trials")]
    [InlineData("binary-classification", "--images", "--data")]
    public void An_experiment_offers_no_option_that_it_does_not_heed(string name, params string[] absent)
    {
        string help = Zo.Run("experiment", name, "--help").Done().Output;

        foreach (var option in absent)
        {
            help.ShouldNotContain($"  {option} ", Case.Sensitive);
        }
    }

    [Fact]
    public async Task The_program_itself_answers_as_its_parts()
    {
        string folder = Path.GetTempPath();
        Outcome version = (await Zo.Start(folder, "--version").Outcome()).Done();
        version.Output.ShouldMatch(@"\A\d+\.\d+\.\d+\r?\n\z");
        version.Error.ShouldBe("");

        Outcome alone = (await Zo.Start(folder).Outcome()).Done();
        alone.Output.ShouldContain("zo attack", Case.Sensitive);
        alone.Error.ShouldBe("");

        Outcome wrong = await Zo.Start(folder, "attack", "--count", "0").Outcome();
        (wrong.Code, wrong.Output, wrong.Error).ShouldBe((2, "", $"zo: --count is '0'; give a whole number from 1 to 10000000.{Environment.NewLine}"));
    }
}

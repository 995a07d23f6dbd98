using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => ["", "attack", "compare", "tune", "train", "report", "inspect", "data", "data mnist", "data cifar10", "data digits", "bench", "bench oracle", "bench attack", "bench step", "bench graph", "bench train", .. Lab.Experiment.All.Select(e => $"experiment {e.Name}")];

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommandExplainsItself(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Outcome outcome = Zo.Run([.. words, "--help"]).Done();

        Assert.Equal("", outcome.Error);
        // The program is called as the process is, which here is the tests' own.
        Assert.Matches($@"Usage:\s+\S+ {command}", outcome.Output);
        Assert.Equal(outcome.Output, Zo.Run([.. words, "-h"]).Done().Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void HelpFitsATerminalOf80Columns(string command)
    {
        using StringWriter output = new(), error = new();
        Cli.Application.Run(new Cli.Session([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"], new Cli.Terminal(output, error, () => 80), default));

        Assert.All(output.ToString().Split(Environment.NewLine), line => Assert.True(line.TrimEnd().Length <= 80, line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("data")]
    [InlineData("bench")]
    public void ACommandThatOnlyHoldsOthersExplainsItselfAlone(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Zo.Run([.. words, "--help"]).Done().Output, Zo.Run(words).Done().Output);
    }

    [Fact]
    public void AttackHelpNamesEveryOptionThatScriptsUse()
    {
        string help = Zo.Run("attack", "--help").Output;
        string[] options =
        [
            "--model", "--dataset", "--images", "--labels", "--data", "--count", "--skip", "--indices", "--optimizer", "--settings", "--directions",
            "--iterations", "--budget", "--stop", "--norm", "--distortion-weight", "--target", "--transform", "--smoothing", "--seed", "--trials",
            "--batch", "--device", "--out", "--figures", "--json", "--quiet", "--mix", "--scale", "--step",
            "--retries", "--call-timeout", "--max-rate", "--repeat-check", "--cache", "--record", "--replay",
        ];

        Assert.All(options, option => Assert.Contains($"  {option} ", help, StringComparison.Ordinal));
        Assert.All(new OptimizerRegistry().Names, name => Assert.Contains(name, help, StringComparison.Ordinal));
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
    public void AnOptionsHelpTellsWhatItDoesInThatCommand(string command, string option, string says)
    {
        string help = Zo.Run([.. command.Split(' '), "--help"]).Done().Output;
        string own = Regex.Match(help, $@"(?ms)^  {Regex.Escape(option)} .*?(?=^  -|\z)").Value;

        Assert.Contains(says, Regex.Replace(own, @"\s+", " "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cosine", "--trials", "--with")]
    [InlineData("trajectory", "--images", "--trials", "--with")]
    [InlineData("deviation-map", "--trials", "--with")]
    [InlineData("panels", "--images", "--trials")]
    [InlineData("binary-classification", "--images", "--data")]
    public void AnExperimentOffersNoOptionThatItDoesNotHeed(string name, params string[] absent)
    {
        string help = Zo.Run("experiment", name, "--help").Done().Output;

        Assert.All(absent, option => Assert.DoesNotContain($"  {option} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheProgramItselfAnswersAsItsParts()
    {
        string folder = Path.GetTempPath();
        Outcome version = (await Zo.Start(folder, "--version").Outcome()).Done();
        Assert.Matches(@"\A\d+\.\d+\.\d+\r?\n\z", version.Output);
        Assert.Equal("", version.Error);

        Outcome alone = (await Zo.Start(folder).Outcome()).Done();
        Assert.Contains("zo attack", alone.Output, StringComparison.Ordinal);
        Assert.Equal("", alone.Error);

        Outcome wrong = await Zo.Start(folder, "attack", "--count", "0").Outcome();
        Assert.Equal((2, "", $"zo: --count is '0'; give a whole number from 1 to 10000000.{Environment.NewLine}"), (wrong.Code, wrong.Output, wrong.Error));
    }
}

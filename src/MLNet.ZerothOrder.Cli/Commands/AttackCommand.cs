using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo attack</c>.</summary>
internal static class AttackCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("attack", "Attacks images on a classifier and writes what was found: result.json, PNG images, a panel.");
        var optimizer = new Option<string>("--optimizer")
        {
            Description = $"The optimizer: {string.Join(", ", new OptimizerRegistry().Names)}; NAME:antithetic for two-sided differences. zo-adam without it.",
            HelpName = "NAME",
        };
        var run = new AttackExecution(command, session);
        command.Options.Insert(0, optimizer);
        command.SetAction(parsed => run.Execute(parsed, [parsed.GetValue(optimizer) ?? "zo-adam"]));
        return command;
    }
}

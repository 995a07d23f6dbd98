using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo attack</c>.</summary>
internal static class AttackCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("attack", "Attacks images on a classifier and writes the results: report.html, result.json, PNG images and a panel.");
        var registry = new OptimizerRegistry();
        var optimizer = new Option<string>("--optimizer", "--method")
        {
            Description = $"The optimizer: {string.Join(", ", [.. registry.Names, .. BundledOptimizers.Names])}, or the file of a learned one (default: {NamedOptimizer.Default}). "
                + $"A published method: {string.Join(", ", registry.Methods)} (default with --epsilon, --sparse or --labels-only: {NamedOptimizer.Auto}, which takes one that suits the ball). "
                + "NAME:antithetic uses two-sided differences. F.onnx:no-query, :no-update and :guided-es replace a part of a learned optimizer.",
            HelpName = "NAME|F.onnx",
        };
        var run = new AttackExecution(command, session, levels: 256);
        command.Options.Insert(0, optimizer);
        command.SetAction(parsed => run.Execute(parsed, begun => ([begun.GetValue(optimizer) ?? NamedOptimizer.Auto], null)));
        return command;
    }
}

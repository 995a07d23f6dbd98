using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo attack</c>.</summary>
internal static class AttackCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("attack", "Attacks images on a classifier and writes the results: report.html, result.json, PNG images and a panel.");
        var optimizer = new Option<string>("--optimizer")
        {
            Description = $"The optimizer: {string.Join(", ", [.. new OptimizerRegistry().Names, .. BundledOptimizers.Names])}, or the file of a learned one (default: {NamedOptimizer.Default}). "
                + "NAME:antithetic uses two-sided differences. F.onnx:no-query, :no-update and :guided-es replace a part of a learned optimizer.",
            HelpName = "NAME|F.onnx",
        };
        var run = new AttackExecution(command, session, levels: 256);
        command.Options.Insert(0, optimizer);
        command.SetAction(parsed => run.Execute(parsed, begun => ([begun.GetValue(optimizer) ?? NamedOptimizer.Default], null)));
        return command;
    }
}

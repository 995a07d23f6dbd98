using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo attack</c>.</summary>
internal static class AttackCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("attack", "Attacks images on a classifier and writes what was found: report.html, result.json, PNG images, a panel.");
        var optimizer = new Option<string>("--optimizer")
        {
            Description = $"The optimizer: {string.Join(", ", [.. new OptimizerRegistry().Names, .. BundledOptimizers.Names])}, or a learned one's file. "
                + "NAME:antithetic has two-sided differences; of a learned one, F.onnx:no-query, :no-update and :guided-es run without a part. "
                + $"{NamedOptimizer.Default} without it.",
            HelpName = "NAME|F.onnx",
        };
        var run = new AttackExecution(command, session);
        command.Options.Insert(0, optimizer);
        command.SetAction(parsed => run.Execute(parsed, begun => ([begun.GetValue(optimizer) ?? NamedOptimizer.Default], null)));
        return command;
    }
}

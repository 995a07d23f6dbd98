using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("compare", "Attacks the same images from the same starts with several optimizers, and puts them side by side.");
        var optimizers = new Option<string>("--optimizers")
        {
            Description = "Optimizers separated by commas, as for 'zo attack --optimizer'.",
            HelpName = "A,B,C",
            Required = true,
        };
        var run = new AttackExecution(command, session);
        command.Options.Insert(0, optimizers);
        command.SetAction(parsed => run.Execute(parsed, OptimizerName.Split(parsed.GetRequiredValue(optimizers))));
        return command;
    }
}

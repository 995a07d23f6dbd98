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
        };
        var against = new Option<string>("--against")
        {
            Description = "The references to compare with; each figure uses the best of them (default: all hand-designed optimizers).",
            HelpName = "A,B,C",
        };
        var run = new AttackExecution(command, session, compares: true);
        command.Options.Insert(0, optimizers);
        command.Options.Insert(1, against);
        command.SetAction(parsed => run.Execute(parsed, begun =>
        {
            string[] typed = OptimizerNames.Split(begun.GetValue(optimizers) ?? throw new InputException("--optimizers is missing; write --optimizers A,B,C."));
            return (typed, begun.GetValue(against) is { } names ? References(names, typed) : null);
        }));
        return command;
    }

    private static string[] References(string names, string[] typed)
    {
        string[] references = OptimizerNames.Split(names, "--against");
        return Array.Find(references, r => !typed.Contains(r)) is { } missing
            ? throw new InputException($"--against names '{missing}', which is not among --optimizers; name one of {string.Join(", ", typed)}.") : references;
    }
}

using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>A run's command line, be it this process's own or that of the process that began the run.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Session">This process's session with that command line.</param>
/// <param name="Place">Where the run was interrupted; null for one that begins.</param>
/// <param name="Json">Whether to print the result document.</param>
/// <param name="Quiet">Whether to show no progress.</param>
internal sealed record Begun(ParseResult Parsed, Session Session, RunPlace? Place, bool Json, bool Quiet)
{
    /// <summary>Takes apart the command line that began an interrupted run, and goes to the folder in which it was begun.</summary>
    /// <param name="now">This process's own command line.</param>
    /// <param name="checkpoint">What was kept of the run.</param>
    /// <param name="folder">The run's output folder.</param>
    /// <exception cref="InputException">It is one of another command, or none.</exception>
    public static ParseResult Parse(ParseResult now, Checkpoint checkpoint, string folder)
    {
        ParseResult begun = now.RootCommandResult.Command.Parse(checkpoint.Command, Application.Parser);
        string name = now.CommandResult.Command.Name;
        if (begun.CommandResult.Command != now.CommandResult.Command)
        {
            throw new InputException(begun.CommandResult.Command is { Name: "attack" or "compare" } other
                ? $"The run in {folder} was begun by 'zo {other.Name}', not 'zo {name}'; go on with 'zo {other.Name} --resume {folder}'."
                : $"The checkpoint in {folder} is of no run of 'zo {name}'; start anew.");
        }

        if (UsageError.Of(begun) is { } wrong)
        {
            throw new InputException($"The run in {folder} was begun with a command line that this zo does not take ({wrong.TrimEnd('.')}); finish it with the zo that began it, or start anew.");
        }

        // Relative paths are meant from there. Where it is gone, the files that are missed say so.
        if (Directory.Exists(checkpoint.Folder) && Path.GetFullPath(".") != checkpoint.Folder)
        {
            Environment.CurrentDirectory = checkpoint.Folder;
        }

        return begun;
    }
}

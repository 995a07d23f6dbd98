using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The command line of a run: that of this process, or that of the process that started the run.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Session">The session of this process with that command line.</param>
/// <param name="Folder">The folder of the interrupted run; null for a new run.</param>
/// <param name="Json">Whether to print the result document.</param>
/// <param name="Quiet">Whether to hide progress.</param>
internal sealed record AttackInvocation(ParseResult Parsed, Session Session, string? Folder, bool Json, bool Quiet)
{
    /// <summary>Parses the command line that started an interrupted run, and changes to the folder in which it was started.</summary>
    /// <param name="checkpoint">The run's checkpoint.</param>
    /// <param name="folder">The run's output folder.</param>
    /// <param name="option">An option that the resumed run may have another value of.</param>
    /// <param name="value">That value; null for the one of the start.</param>
    /// <exception cref="InputException">The command line belongs to another command.</exception>
    public AttackInvocation Resumed(Checkpoint checkpoint, string folder, string option, double? value)
    {
        string name = Parsed.CommandResult.Command.Name;
        string started = checkpoint.Arguments.FirstOrDefault("");
        if (started != name)
        {
            throw new InputException(started is "attack" or "compare"
                ? $"The run in {folder} was started by 'zo {started}', not 'zo {name}'; resume it with 'zo {started} --resume {folder}'."
                : $"The checkpoint in {folder} is of no run of 'zo {name}'; start again.");
        }

        string[] arguments = [.. checkpoint.Arguments];
        if (value is { } anew)
        {
            int at = Array.FindIndex(arguments, argument => argument == option || argument.StartsWith(option + "=", StringComparison.Ordinal));
            int length = at < 0 ? 0 : arguments[at] == option ? 2 : 1;
            arguments = at < 0 ? arguments : [.. arguments[..at], .. arguments[Math.Min(at + length, arguments.Length)..]];
            arguments = [.. arguments, option, anew.ToString("R", System.Globalization.CultureInfo.InvariantCulture)];
        }

        ParseResult begun = Parsed.RootCommandResult.Command.Parse(arguments, Application.Parser);
        if (UsageError.Of(begun) is { } wrong)
        {
            throw new InputException($"The run in {folder} was started with a command line that this zo does not accept ({wrong.TrimEnd('.')}); finish it with the zo that started it, or start again.");
        }

        // Relative paths of that command line refer to this folder. If the folder is gone, messages about missing files say so.
        if (Directory.Exists(checkpoint.Folder) && Path.GetFullPath(".") != checkpoint.Folder)
        {
            Environment.CurrentDirectory = checkpoint.Folder;
        }

        return this with { Parsed = begun, Session = Session with { Args = arguments }, Folder = folder };
    }
}

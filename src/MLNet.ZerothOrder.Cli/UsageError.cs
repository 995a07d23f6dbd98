using System.CommandLine;
using System.CommandLine.Parsing;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The error in a command line, as one sentence with the remedy.</summary>
internal static class UsageError
{
    /// <summary>The first error; null if there is none.</summary>
    public static string? Of(ParseResult parsed)
    {
        string command = Name(parsed.CommandResult);
        OptionResult[] options = [.. Upwards(parsed.CommandResult).SelectMany(c => c.Children).OfType<OptionResult>().Where(o => !o.Implicit)];
        foreach (OptionResult option in options)
        {
            // Without a value, the parser takes the name of the next option as the value, or leaves the rest of the line unmatched.
            if (Values(option) is { } wrong)
            {
                return wrong;
            }
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            Command[] here = [.. Upwards(parsed.CommandResult).Select(c => c.Command)];
            IEnumerable<string> known = here[0].Subcommands.Select(c => c.Name)
                .Concat(here.SelectMany((c, i) => c.Options.Where(o => i == 0 || o.Recursive)).Select(o => o.Name));
            return known.Contains(word) ? $"{word} comes after '{command}', not before; write '{command} {word} …'."
                : NearestName.Of(word, known) is { } nearest ? $"'{command}' does not know '{word}'; did you mean '{nearest}'?"
                : here[0].Subcommands.Any(c => c.Name == "list") && !word.StartsWith('-') ? $"'{command}' does not know '{word}'; '{command} list' names what it knows."
                : $"'{command}' does not know '{word}'; '{command} --help' lists what it takes.";
        }

        return parsed.Errors.Count == 0 ? null : parsed.Errors[0].SymbolResult switch
        {
            OptionResult { Tokens.Count: 0 } absent => $"{absent.Option.Name} is missing; write {Usage(absent.Option)}.",
            OptionResult => parsed.Errors[0].Message,
            _ => $"{parsed.Errors[0].Message.TrimEnd('.')}; '{command} --help' shows how it is used.",
        };
    }

    private static string? Values(OptionResult given)
    {
        Option option = given.Option;
        if (option.Arity.MinimumNumberOfValues == 0)
        {
            return null;
        }

        if (given.Tokens.Count == 0)
        {
            return $"{option.Name} lacks its value; write {Usage(option)}.";
        }

        if (given.IdentifierTokenCount > 1)
        {
            return $"{option.Name} is given {given.IdentifierTokenCount} times; give it once.";
        }

        string value = given.Tokens[0].Value;
        return value.Trim().Length == 0 ? $"{option.Name} is '{value}'; write {Usage(option)}."
            : value.StartsWith("--", StringComparison.Ordinal) ? $"{option.Name} lacks its value, since '{value}' follows it; write {Usage(option)}."
            : null;
    }

    private static string Usage(Option option) => $"{option.Name} {option.HelpName}";

    private static string Name(CommandResult command) => string.Join(' ', Upwards(command).Reverse().Select((c, i) => i == 0 ? "zo" : c.Command.Name));

    private static IEnumerable<CommandResult> Upwards(CommandResult command)
    {
        for (CommandResult? at = command; at is not null; at = at.Parent as CommandResult)
        {
            yield return at;
        }
    }
}

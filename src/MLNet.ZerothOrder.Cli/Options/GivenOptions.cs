using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Which options a command has, and which were given, to refuse those without effect.</summary>
internal static class GivenOptions
{
    public static void Add(this Command command, IEnumerable<Option> options)
    {
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The first of these options that was given; null for none.</summary>
    public static Option? FirstGiven(this ParseResult parsed, params IEnumerable<Option> options) =>
        options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>The text of an option; null where it is not given, or the command has no such option.</summary>
    public static string? Text(this ParseResult parsed, string name) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name) is Option<string> option ? parsed.GetValue(option) : null;

    /// <summary>Throws if the path of an option does not exist.</summary>
    public static void ThrowIfMissing(this Option option, string path)
    {
        if (!Path.Exists(path))
        {
            throw new InputException($"{option.Name} {path} does not exist; check the path.");
        }
    }

    /// <summary>Parses the text of an option with a parser of the library, and adds the option's name to its errors.</summary>
    public static T Read<T>(this Option option, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (InputException e)
        {
            throw new InputException($"{option.Name}: {e.Message}", e);
        }
    }

    /// <summary>Checks the text of an option with the library, and adds the option's name to its errors.</summary>
    public static void Read(this Option option, string text, Action<string> check) => option.Read(text, value =>
    {
        check(value);
        return value;
    });
}

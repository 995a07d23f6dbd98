using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>What a command line was given, for options that must not be given in vain.</summary>
internal static class GivenOptions
{
    /// <summary>The first of these options that the user gave; null for none.</summary>
    public static Option? FirstGiven(this ParseResult parsed, params IEnumerable<Option> options) =>
        options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>Fails where there is neither a file nor a folder at the path that an option was given.</summary>
    public static void ThrowIfMissing(this Option option, string path)
    {
        if (!Path.Exists(path))
        {
            throw new InputException($"{option.Name} {path} does not exist; check the path.");
        }
    }

    /// <summary>Reads an option's text by a parser of the library, which does not know what the option is called.</summary>
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

    /// <summary>Checks an option's text by the library, which does not know what the option is called.</summary>
    public static void Read(this Option option, string text, Action<string> check) => option.Read(text, value =>
    {
        check(value);
        return value;
    });
}

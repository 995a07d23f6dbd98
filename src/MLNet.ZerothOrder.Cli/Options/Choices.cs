using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Options with a fixed set of values.</summary>
internal static class Choices
{
    // Longer names would break the columns of the help.
    private const int LongestHelpName = 24;

    /// <summary>An option for the values of an enumeration, by their names in lower case unless another word is given.</summary>
    public static Option<T?> Of<T>(string name, string description, Func<T, string>? word = null)
        where T : struct, Enum => Of(name, description, [.. Enum.GetValues<T>().Select(value => (word?.Invoke(value) ?? value.ToString().ToLowerInvariant(), value))]);

    public static Option<T?> Of<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct =>
        new(name)
        {
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            HelpName = string.Join('|', choices.Select(c => c.Word)) is { Length: <= LongestHelpName } words ? words : "KIND",
            CustomParser = result =>
            {
                string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                foreach ((string word, T value) in choices)
                {
                    if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                    {
                        return value;
                    }
                }

                result.AddError($"{name} is '{text}'; give one of {string.Join(", ", choices.Select(c => c.Word))}.");
                return null;
            },
        };
}

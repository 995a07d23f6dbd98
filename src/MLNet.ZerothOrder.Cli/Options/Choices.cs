using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Options that take one of a few words.</summary>
internal static class Choices
{
    public static Option<T?> Of<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct =>
        new(name)
        {
            Description = description,
            HelpName = string.Join('|', choices.Select(c => c.Word)),
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

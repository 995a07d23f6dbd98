using System.CommandLine;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Options for numbers, with error messages that state the valid range.</summary>
internal static class Numbers
{
    public static Option<int?> Int(string name, string description, string valueName, int min, int max) =>
        Number(name, description, valueName, $"a whole number from {min} to {max}",
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max ? value : (int?)null);

    public static Option<long?> Long(string name, string description, string valueName, long min, long max) =>
        Number(name, description, valueName, max < long.MaxValue ? $"a whole number from {min} to {max}" : min > long.MinValue ? $"a whole number of at least {min}" : "a whole number",
            text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max ? value : (long?)null);

    public static Option<double?> Real(string name, string description, string valueName, double min, double max, bool minIsAllowed = true) =>
        Number(name, description, valueName, $"a number {(minIsAllowed ? "from" : "above")} {Text(min)} {(minIsAllowed ? "to" : "and up to")} {Text(max)}",
            text => TryReal(text, out double value) && (minIsAllowed ? value >= min : value > min) && value <= max ? value : (double?)null);

    /// <summary>A positive number, or a fraction of two numbers.</summary>
    public static Option<double?> Fraction(string name, string description, string valueName) =>
        Number(name, description, valueName, "a number above 0, or a fraction such as 8/255",
            text => TryFraction(text, out double value) ? value : (double?)null);

    /// <summary>Reads a number above 0, or a fraction such as 8/255.</summary>
    public static bool TryFraction(string text, out double value)
    {
        value = text.Split('/') is [var above, .. var below] && below.Length <= 1 && TryReal(above, out double dividend) && TryReal(below is [var by] ? by : "1", out double divisor) ? dividend / divisor : 0;
        return OptimizerSettings.IsPositive(value);
    }

    public static bool TryReal(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    /// <summary>The decimal number that a float stands for: 1e-4f is 0.0001, not 9.99999974737875E-05.</summary>
    public static double AsWritten(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static Option<T?> Number<T>(string name, string description, string valueName, string right, Func<string, T?> parse)
        where T : struct =>
        new(name)
        {
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            HelpName = valueName,
            CustomParser = result =>
            {
                string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                if (parse(text) is { } value)
                {
                    return value;
                }

                result.AddError($"{name} is '{text}'; give {right}.");
                return null;
            },
        };
}

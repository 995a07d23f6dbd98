using System.CommandLine;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The value of <c>--distortion-weight</c>: c, or the rounds of a bisection that finds it.</summary>
/// <param name="Fixed">c; null for a bisection.</param>
/// <param name="Rounds">The rounds of the bisection; null for a fixed c.</param>
internal readonly record struct DistortionWeight(double? Fixed, int? Rounds)
{
    private const string Name = "--distortion-weight";
    private const string Word = "bisection";
    private const int UsualRounds = 6;
    private const int MostRounds = 50;
    private const double Most = 1e6;

    public static Option<DistortionWeight?> Option() => new(Name)
    {
        Description = $"c: the weight of the distortion in the loss, or {Word}, which finds it for each image in N rounds ({UsualRounds} if not given) that share its queries (default: 0.1, or what means the same for a model of another scale; in linf it is found from the model's slopes).",
        Arity = ArgumentArity.ExactlyOne,
        HelpName = $"C|{Word}[:N]",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (Parse(text) is { } value)
            {
                return value;
            }

            result.AddError($"{Name} is '{text}'; give a number from 0 to {Most.ToString(CultureInfo.InvariantCulture)}, or {Word}:N with 2 to {MostRounds} rounds.");
            return null;
        },
    };

    private static DistortionWeight? Parse(string text)
    {
        string[] parts = text.Split(':');
        if (!string.Equals(parts[0], Word, StringComparison.OrdinalIgnoreCase))
        {
            return Numbers.TryReal(text, out double weight) && weight is >= 0 and <= Most ? new DistortionWeight(weight, null) : null;
        }

        return parts.Length == 1 ? new DistortionWeight(null, UsualRounds)
            : parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds is >= 2 and <= MostRounds ? new DistortionWeight(null, rounds) : null;
    }
}

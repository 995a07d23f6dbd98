using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder;

/// <summary>A path into JSON: <c>$</c>, names behind dots or as <c>['name']</c>, indices, and <c>[*]</c> for all elements.</summary>
internal sealed partial class JsonPath
{
    private readonly string _text;
    private readonly List<string> _steps = [];

    /// <exception cref="InputException">The text is not such a path.</exception>
    public JsonPath(string text)
    {
        _text = text;
        if (!Whole().IsMatch(text))
        {
            throw new InputException($"'{text}' is not a path into JSON; give one such as $.predictions[*].scores.") { Argument = nameof(RemoteOptions.ResponsePath) };
        }

        foreach (Match step in Step().Matches(text))
        {
            _steps.Add(step.Groups["name"].Success ? "." + step.Groups["name"].Value : step.Groups["at"].Value);
        }
    }

    /// <summary>The parts that the path leads to.</summary>
    /// <exception cref="RequestFailure">It leads to nothing.</exception>
    public IReadOnlyList<JsonElement> Find(JsonElement json)
    {
        List<JsonElement> found = [json];
        foreach (string step in _steps)
        {
            found =
            [
                .. found.SelectMany(at => step == "*" && at.ValueKind == JsonValueKind.Array ? at.EnumerateArray()
                    : step[0] == '.' && at.ValueKind == JsonValueKind.Object && at.TryGetProperty(step[1..], out JsonElement member) ? [member]
                    : int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && at.ValueKind == JsonValueKind.Array && index < at.GetArrayLength() ? [at[index]]
                    : Enumerable.Empty<JsonElement>()),
            ];
        }

        return found.Count > 0 ? found : throw new RequestFailure($"The service's answer has nothing at {_text}: {JsonText.Shorten(json.GetRawText())}; correct the path.", isTransient: true) { IsBroken = true, Argument = nameof(RemoteOptions.ResponsePath) };
    }

    [GeneratedRegex("""^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\['[^']+'\]|\[\d{1,9}\]|\[\*\])*$""")]
    private static partial Regex Whole();

    [GeneratedRegex("""\.(?<name>[A-Za-z_][A-Za-z0-9_-]*)|\['(?<name>[^']+)'\]|\[(?<at>\d+|\*)\]""")]
    private static partial Regex Step();
}

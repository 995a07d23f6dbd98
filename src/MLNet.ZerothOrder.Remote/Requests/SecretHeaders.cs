using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder;

/// <summary>The headers of requests, with values from environment variables. Their values are removed from every text that a user sees.</summary>
internal sealed partial class SecretHeaders
{
    // Shorter ones are in any text.
    private const int ShortestBeginning = 3;

    private readonly List<string> _secrets = [];

    /// <exception cref="InputException">A header has no name, no variable, or a variable that is not set.</exception>
    public SecretHeaders(IReadOnlyList<string> headers)
    {
        foreach (string header in headers)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? "" : header[..colon].Trim(), text = header[(colon + 1)..].Trim();
            if (!Token().IsMatch(name))
            {
                // The text may be a secret that was given by mistake.
                throw Bad("A header is not a name, a colon and a value; give it such as 'Authorization: Bearer env:TOKEN'.");
            }

            if (!Variable().IsMatch(text))
            {
                throw Bad($"The value of header {name} names no environment variable; put the value into one, and give it such as '{name}: env:TOKEN'.");
            }

            string value = Variable().Replace(text, match =>
            {
                string? secret = Environment.GetEnvironmentVariable(match.Groups[1].Value);
                if (string.IsNullOrEmpty(secret))
                {
                    throw Bad($"The environment variable {match.Groups[1].Value}, which header {name} names, is not set; set it to the value.");
                }

                if (secret.AsSpan().ContainsAnyInRange('\0', '\x1f') || secret.Any(c => c > '~'))
                {
                    throw Bad($"The environment variable {match.Groups[1].Value} has a line break or another character that no header can hold; correct it.");
                }

                // Also as JSON and addresses write it.
                _secrets.AddRange(new[] { secret, JsonEncodedText.Encode(secret).Value, JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value, Uri.EscapeDataString(secret) }.Distinct());
                return secret;
            });
            All.Add((name, value));
        }

        _secrets.Sort((a, b) => b.Length.CompareTo(a.Length));
    }

    /// <summary>The headers with their values.</summary>
    public List<(string Name, string Value)> All { get; } = [];

    /// <summary>A text without the values, and without the beginnings of values at which it was cut off.</summary>
    public string Redact(string text)
    {
        text = _secrets.Aggregate(text, (kept, secret) => kept.Replace(secret, "***", StringComparison.Ordinal));
        for (int end = text.IndexOf('…', StringComparison.Ordinal); end >= 0; end = text.IndexOf('…', end + 1))
        {
            int begun = _secrets.Max(secret => Enumerable.Range(1, Math.Min(secret.Length, end)).LastOrDefault(length => text.AsSpan(0, end).EndsWith(secret.AsSpan(0, length))));
            if (begun >= ShortestBeginning)
            {
                text = $"{text[..(end - begun)]}***{text[end..]}";
                end += "***".Length - begun;
            }
        }

        return text;
    }

    private static InputException Bad(string message) => new(message) { Argument = nameof(RemoteOptions.Headers) };

    [GeneratedRegex("env:([A-Za-z_][A-Za-z0-9_]*)")]
    private static partial Regex Variable();

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
    private static partial Regex Token();
}

using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>A builder of HTML. Interpolated values are text and are always encoded.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds markup from the program's own source.</summary>
    public void Raw(string markup) => _text.Append(markup);

    /// <summary>Adds markup with interpolated text.</summary>
    public void Write([InterpolatedStringHandlerArgument("")] ref Handler markup) => markup.End(_text);

    public override string ToString() => _text.ToString();

    /// <summary>Encodes the interpolated values of a string.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Handler
    {
        private readonly StringBuilder _text;

        public Handler(int literalLength, int formattedCount, HtmlText html) => _text = html._text;

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted(int number) => _text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

        // Write must use its handler parameter, so the handler has a method to call.
        internal void End(StringBuilder text) => System.Diagnostics.Debug.Assert(text == _text, "The handler writes into the builder that it was made for.");
    }
}

using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>HTML in the making. What is interpolated is text and nothing but text: it is encoded on its way in.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>Markup that was written here, in the program.</summary>
    public void Raw(string markup) => _text.Append(markup);

    /// <summary>Markup whose holes are text.</summary>
    public void Write([InterpolatedStringHandlerArgument("")] ref Handler markup) => markup.Close();

    public override string ToString() => _text.ToString();

    /// <summary>Encodes the holes of an interpolated string.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Handler
    {
        private readonly StringBuilder _text;

        public Handler(int literalLength, int formattedCount, HtmlText html) => _text = html._text;

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted(int number) => _text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

        // A handler has to be used by the method that takes it.
        internal void Close()
        {
        }
    }
}

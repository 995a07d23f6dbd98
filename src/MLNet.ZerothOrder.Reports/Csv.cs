using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>Comma-separated values as in RFC 4180, with numbers in full precision.</summary>
internal sealed class Csv
{
    private readonly StringBuilder _text = new();

    public Csv(params string[] columns) => Add(columns);

    /// <summary>Adds a line. Numbers that are not finite become empty cells.</summary>
    public void Add(params object?[] cells)
    {
        _text.AppendJoin(',', cells.Select(Cell)).Append('\n');
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    private static string Cell(object? value) => value switch
    {
        null => "",
        double number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "",
        bool truth => truth ? "true" : "false",
        string text => Quoted(text),
        _ => Quoted(Convert.ToString(value, CultureInfo.InvariantCulture)!),
    };

    // Spreadsheets run text that starts like a formula, and names are untrusted.
    private static string Quoted(string text)
    {
        string safe = text.Length > 0 && "=+-@\t\r".Contains(text[0]) && !double.TryParse(text, CultureInfo.InvariantCulture, out _) ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"")}\"" : safe;
    }
}

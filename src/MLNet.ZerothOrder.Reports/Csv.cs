using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>Comma-separated values as RFC 4180 has them; numbers in full.</summary>
internal sealed class Csv
{
    private readonly StringBuilder _text = new();

    public Csv(params string[] columns) => Add(columns);

    /// <summary>Adds a line; numbers that are not finite are left empty.</summary>
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

    // Spreadsheets take a text that begins like a formula for one, and names come from anywhere.
    private static string Quoted(string text)
    {
        string safe = text.Length > 0 && "=+-@\t\r".Contains(text[0]) && !double.TryParse(text, CultureInfo.InvariantCulture, out _) ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"")}\"" : safe;
    }
}

namespace MLNet.ZerothOrder.Cli;

/// <summary>A table as plain text. The first column has names, left-aligned; the others are right-aligned.</summary>
/// <param name="headers">One header per column; line breaks make it several lines high.</param>
internal sealed class TextTable(params string[] headers)
{
    private const int Gap = 2;
    private const int ShortestName = 8;

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells)
    {
        if (cells.Length != headers.Length)
        {
            throw new ArgumentException($"{cells.Length} cells do not fill a row of {headers.Length} columns.", nameof(cells));
        }

        _rows.Add([.. cells.Select(Terminal.Printable)]);
    }

    /// <summary>Writes the table. If it is wider than <paramref name="width"/> columns, names are shortened.</summary>
    public void WriteTo(TextWriter output, int? width)
    {
        string[][] head = [.. headers.Select(h => h.Split('\n'))];
        int lines = head.Max(h => h.Length);
        var widths = new int[headers.Length];
        for (int c = 0; c < widths.Length; c++)
        {
            widths[c] = Math.Max(head[c].Max(h => h.Length), _rows.Select(r => r[c].Length).DefaultIfEmpty(0).Max());
        }

        int excess = widths.Sum() + (Gap * (widths.Length - 1)) - (width ?? int.MaxValue);
        widths[0] = excess > 0 ? Math.Max(widths[0] - excess, Math.Min(widths[0], ShortestName)) : widths[0];
        for (int line = 0; line < lines; line++)
        {
            // Headers are aligned at the bottom, so shorter ones start lower.
            WriteRow([.. head.Select(h => line - (lines - h.Length) is var i and >= 0 ? h[i] : "")]);
        }

        WriteRow([.. widths.Select(w => new string('─', w))]);
        foreach (string[] row in _rows)
        {
            WriteRow(row);
        }

        void WriteRow(string[] cells)
        {
            IEnumerable<string> padded = cells.Select((cell, c) => c == 0 ? Shorten(cell, widths[0]).PadRight(widths[0]) : cell.PadLeft(widths[c]));
            output.WriteLine(string.Join(new string(' ', Gap), padded).TrimEnd());
        }
    }

    // Keeps the end of a path, which distinguishes files.
    private static string Shorten(string name, int width) => name.Length <= width ? name : $"…{name[^(width - 1)..]}";
}

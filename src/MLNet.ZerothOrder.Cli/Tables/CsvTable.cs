using System.Text;
using Sylvan.Data.Csv;

namespace MLNet.ZerothOrder.Cli;

/// <summary>A CSV file with a header: UTF-8 or UTF-16, separated by commas, semicolons or tabs, quoted as in RFC 4180. Blank lines are ignored.</summary>
/// <param name="Path">The file.</param>
/// <param name="Header">The names of the columns, without spaces around them.</param>
/// <param name="Rows">The cells of each row, without spaces around them.</param>
internal sealed record CsvTable(string Path, IReadOnlyList<string> Header, IReadOnlyList<string[]> Rows)
{
    private const int LongestCell = 1 << 20;

    /// <summary>The name of the file.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It cannot be read, is no CSV, or has no header, no row, a name twice, or a row with more or fewer cells.</exception>
    public static CsvTable Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.CanSeek && file.Length == 0)
            {
                throw new InputException($"{path} is empty; give a CSV file with a header and rows.");
            }

            using var text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
            using CsvDataReader csv = CsvDataReader.Create(text, new CsvDataReaderOptions { HasHeaders = false, MaxBufferSize = LongestCell });
            return Read(path, csv);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path} does not exist; name a CSV file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException and not DecoderFallbackException)
        {
            throw new InputException(Directory.Exists(path) ? $"{path} is a folder; name a CSV file." : $"{path} cannot be read ({e.Message.TrimEnd('.')}); name a CSV file.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path} is neither UTF-8 nor UTF-16 text; save it as CSV in UTF-8 (a workbook must be exported first).", e);
        }
        catch (CsvFormatException e)
        {
            string why = e.Message.Contains("end of the input", StringComparison.Ordinal) ? "a quoted cell has no closing quote, so the file was cut short or a quote is missing" : e.Message.TrimEnd('.');
            throw new InputException($"{path} is no valid CSV near row {Math.Max(1, e.RowNumber - 1)}: {why}; correct or download it again.", e);
        }
    }

    /// <summary>The place of a column: by its name, else by its name without regard to case, spaces and punctuation; −1 for none.</summary>
    public int Find(string name)
    {
        int exact = IndexOf(column => column == name);
        return exact >= 0 || Header.Count(column => Plain(column) == Plain(name)) != 1 ? exact : IndexOf(column => Plain(column) == Plain(name));
    }

    private int IndexOf(Predicate<string> isIt) => Header.ToList().FindIndex(isIt);

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    private static CsvTable Read(string path, CsvDataReader csv)
    {
        string[] header = [];
        var rows = new List<string[]>();
        bool hasHeader = false;
        int ragged = 0;
        while (csv.Read())
        {
            var cells = new string[csv.RowFieldCount];
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i] = csv.GetString(i).Trim();
            }

            if (cells is [""] && (!hasHeader || header.Length > 1))
            {
                continue;
            }

            if (!hasHeader)
            {
                (hasHeader, header) = (true, cells);
                if (cells.Any(cell => cell.Contains('\0', StringComparison.Ordinal)))
                {
                    throw new InputException($"{path} is no text; save it as CSV in UTF-8 (a workbook must be exported first).");
                }

                continue;
            }

            if (ragged > 0)
            {
                break;
            }

            rows.Add(cells);
            ragged = cells.Length != header.Length ? rows.Count : 0;
        }

        if (ragged > 0)
        {
            string cut = ragged == rows.Count && rows[^1].Length < header.Length && !csv.Read() ? " (the last one, so the file may have been cut short)" : "";
            throw new InputException($"Row {ragged} of {path}{cut} has {rows[ragged - 1].Length} cells, but the header has {header.Length}; give each row one cell per column.");
        }

        if (header.Length == 0 || rows.Count == 0)
        {
            throw new InputException($"{path} has {(hasHeader ? "a header but no row" : "no header")}; give a header and at least one row.");
        }

        for (int i = 0; i < header.Length; i++)
        {
            if (header[i].Length == 0 || Array.IndexOf(header, header[i]) < i)
            {
                throw new InputException($"Column {i + 1} of {path} has the name '{header[i]}', which is empty or given twice; give each column a name of its own.");
            }
        }

        return new CsvTable(path, header, rows);
    }
}

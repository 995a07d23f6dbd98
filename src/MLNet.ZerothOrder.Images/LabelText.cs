using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads labels from text (UTF-8, or UTF-16): a label per line, or a table with columns between commas, semicolons or tabs, or <c>file label</c> per line. A
/// heading may name the columns; without one, the label is the last field, and the rest of the line names the file. Fields may be in double quotes.
/// Empty lines are ignored. A label is a class index or, if no label is a number, the name of a class.
/// </summary>
internal static class LabelText
{
    private const int MostBytes = 1 << 28;
    private const string Remedy = "write a class index, a whole number counted from 0";

    // Usual headings, the more specific first.
    private static readonly string[] LabelHeadings = ["label", "labels", "class", "classes", "target", "targets", "category", "y", "label_id", "class_id", "category_id", "label_idx", "class_idx", "label_index", "class_index", "label_name", "class_name", "classname"];
    private static readonly string[] FileHeadings = ["file", "filename", "file_name", "filepath", "file_path", "path", "image", "image_name", "image_path", "image_id", "name", "id", "index", "idx", ""];

    public static LabelList Read(string path, ClassNames? classes)
    {
        using InputFile file = InputFile.Open(path);
        var values = new List<int>();
        var lines = new List<int>();
        List<string>? files = null;
        List<string>? names = null;
        var assumptions = new List<string>();
        char separator = '\0';
        string[]? first = null;
        int columns = 0, labelColumn = 0, fileColumn = 0, line = 0, firstLine = 0;
        foreach (ReadOnlyMemory<char> piece in Lines(Text(file)))
        {
            line++;
            string text = piece.Span.Trim(" \t\r\0").ToString();
            if (text.Length == 0)
            {
                continue;
            }

            if (columns == 0)
            {
                separator = Separator(text);
                first = Split(text, separator);
                (columns, firstLine) = (first.Length, line);
                labelColumn = columns - 1;
                continue;
            }

            string[] fields = Split(text, separator);
            if (first is not null)
            {
                First(first, fields);
                first = null;
            }

            Add(fields, line);
        }

        if (first is not null)
        {
            First(first, next: null);
        }

        if (lines.Count == 0)
        {
            throw file.Error("holds no labels; write one label per line, or file,label.");
        }

        if (names is null)
        {
            return new LabelList([.. values], files?.ToArray(), lines, assumptions);
        }

        LabelList named = Named(file, names, i => $"in line {lines[i]}", classes);
        return named with { Files = files?.ToArray(), Lines = lines, Assumptions = [.. assumptions, .. named.Assumptions] };

        // The first line is a heading where it names the columns, or has no number where the next one has.
        void First(string[] fields, string[]? next)
        {
            int label = Array.FindIndex(fields, field => LabelHeadings.Contains(Word(field)));
            int image = Array.FindIndex(fields, field => FileHeadings.Contains(Word(field)));
            bool isNamed = label >= 0 && (columns == 1 || image >= 0 || (label < next?.Length && IsNumber(next[label])));
            bool isClass = IsNumber(fields[^1]) || (classes is not null && classes.IndexOf(fields[^1]) is not null);
            if (!isNamed && (next is null || isClass || !IsNumber(next[^1])))
            {
                Add(fields, firstLine);
                return;
            }

            if (!isNamed)
            {
                assumptions.Add($"line {firstLine} of {Path.GetFileName(path)} was taken as a heading");
            }

            labelColumn = isNamed ? label : columns - 1;
            fileColumn = image >= 0 && image != labelColumn ? image : labelColumn == 0 ? columns - 1 : 0;
        }

        void Add(string[] fields, int at)
        {
            if (fields.Length < columns || (columns == 1 && Separator(string.Join(' ', fields)) == ','))
            {
                string what = separator switch { ' ' => "space", '\t' => "tab", ';' => "semicolon", _ => "comma" };
                throw file.Error($"line {at} has {(columns > 2 ? "too few fields" : columns > 1 ? $"no {what}" : $"a {what}")}, unlike line {firstLine}; write one label per line, or file,label on every line.");
            }

            bool isLast = labelColumn == columns - 1;
            string label = isLast ? fields[^1] : fields[labelColumn];
            if (label.Length == 0)
            {
                throw file.Error($"line {at} has no label; {Remedy}.");
            }

            if (lines.Count == 0 && (classes is not null || !IsNumber(label)))
            {
                names = [];
            }

            lines.Add(at);
            if (names is not null)
            {
                names.Add(label);
            }
            else
            {
                values.Add(Label(file, $"in line {at}", label));
            }

            if (columns > 1)
            {
                // The name of a file may hold commas.
                (files ??= []).Add(isLast && fileColumn == 0 && columns == 2 ? string.Join(separator, fields[..^1]) : fields[fileColumn]);
            }

            if (lines.Count > DataLimits.MostImages)
            {
                throw file.Error($"holds more than {DataLimits.MostImages} labels, which is the limit; split it.");
            }
        }
    }

    /// <summary>The classes of labels that a table of images holds: all indices, or all names.</summary>
    public static LabelList Of(InputFile file, IReadOnlyList<string> labels, ClassNames? classes) =>
        labels.All(IsNumber) ? new LabelList([.. labels.Select((label, i) => Label(file, $"of image {i}", label))]) : Named(file, labels, i => $"of image {i}", classes);

    /// <summary>Whether a column with this heading holds labels.</summary>
    public static bool IsLabelHeading(string heading) => LabelHeadings.Contains(Word(heading));

    private static LabelList Named(InputFile file, IReadOnlyList<string> names, Func<int, string> place, ClassNames? classes)
    {
        classes ??= new ClassNames([.. names.Distinct().Order(StringComparer.Ordinal)]);
        int[] indices = [.. names.Select((name, i) => classes.IndexOf(name) ?? throw file.Error($"the label {place(i)}, {InputFile.Quote(name)}, {classes.Unknown(name)}"))];
        return new LabelList(indices) { Assumptions = ClassNames.Describe("label", $" of {Path.GetFileName(file.Path)}", [.. names.Zip(indices)]) };
    }

    /// <summary>The text of a file, without a byte order mark.</summary>
    public static string Text(InputFile file)
    {
        byte[] content = file.ReadAll(MostBytes);
        Encoding encoding = content switch
        {
            [0xFF, 0xFE, ..] or [not 0, 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, not 0, ..] => Encoding.BigEndianUnicode,
            _ => Encoding.UTF8,
        };
        return encoding.GetString(content).TrimStart('\uFEFF');
    }

    /// <summary>The fields of a line between separators, trimmed and without quotes. Separators inside of quotes belong to the field.</summary>
    public static string[] Split(string line, char separator)
    {
        if (separator == '\0')
        {
            return [Unquote(line)];
        }

        if (separator == ' ')
        {
            int space = line.LastIndexOfAny([' ', '\t']);
            return space < 0 ? [line] : [Unquote(line[..space]), Unquote(line[(space + 1)..])];
        }

        var fields = new List<string>();
        int start = 0;
        bool isQuoted = false;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"' && (isQuoted || line.AsSpan(start, i - start).IsWhiteSpace()))
            {
                isQuoted = !isQuoted;
            }
            else if (i == line.Length || (line[i] == separator && !isQuoted))
            {
                fields.Add(Unquote(line[start..i]));
                start = i + 1;
            }
        }

        return [.. fields];
    }

    /// <summary>The character between the columns of a table, told by its first line; a space before a last number; \0 for a single column.</summary>
    public static char Separator(string line) =>
        line.Contains('\t') ? '\t' : line.Contains(',') ? ',' : line.Contains(';') ? ';'
        : line.LastIndexOf(' ') is > 0 and var space && (IsNumber(line[(space + 1)..]) || LabelHeadings.Contains(Word(line[(space + 1)..]))) ? ' ' : '\0';

    /// <summary>Whether a line only names the columns of a table.</summary>
    public static bool IsHeading(string line) => Split(line, Separator(line)).All(field => LabelHeadings.Contains(Word(field)) || FileHeadings.Contains(Word(field)) || Word(field) is "synset" or "wnid");

    public static IEnumerable<ReadOnlyMemory<char>> Lines(string text)
    {
        for (int start = 0; start <= text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            yield return text.AsMemory(start, end - start);
            start = end + 1;
        }
    }

    private static string Word(string field) => field.Trim().Replace(' ', '_').Replace('-', '_').ToLowerInvariant();

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);

    private static int Label(InputFile file, string place, string text)
    {
        if (!IsNumber(text) || !(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var label && label == Math.Floor(label)))
        {
            throw file.Error($"the label {place}, {InputFile.Quote(text)}, is not an integer; {Remedy}.");
        }

        return label is >= 0 and <= int.MaxValue
            ? (int)label
            : throw file.Error($"the label {place}, {InputFile.Quote(text)}, is not a class index; {Remedy}.");
    }

    private static string Unquote(string field)
    {
        field = field.Trim();
        return field.Length >= 2 && field[0] == '"' && field[^1] == '"' ? field[1..^1].Replace("\"\"", "\"") : field;
    }
}

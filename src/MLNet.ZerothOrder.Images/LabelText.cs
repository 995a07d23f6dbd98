using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads labels from text (UTF-8): one integer per line, or <c>file,label</c> per line, after an optional heading with exactly
/// these words. The label is the text after the last comma of a line. Fields may be in double quotes.
/// </summary>
internal static class LabelText
{
    private const int MostBytes = 1 << 28;

    public static LabelList Read(string path)
    {
        using InputFile file = InputFile.Open(path);
        ReadOnlySpan<byte> content = file.ReadAll(MostBytes);
        if (content.StartsWith(Encoding.UTF8.Preamble))
        {
            content = content[Encoding.UTF8.Preamble.Length..];
        }

        content = content.TrimEnd(" \t\r\n"u8);
        var labels = new List<int>();
        List<string>? files = null;
        int firstLine = 1;
        int line = 0;
        foreach (Range range in content.Split((byte)'\n'))
        {
            line++;
            string text = Encoding.UTF8.GetString(content[range].Trim(" \t\r"u8));
            if (line == 1 && text.Replace(" ", "").ToLowerInvariant() is "label" or "file,label")
            {
                firstLine = 2;
                continue;
            }

            int comma = text.LastIndexOf(',');
            if (line == firstLine)
            {
                files = comma < 0 ? null : [];
            }
            else if (comma < 0 != files is null)
            {
                throw file.Error($"line {line} {(comma < 0 ? "has no comma" : "has a comma")}, unlike line {firstLine}; write one label per line, or file,label on every line.");
            }

            labels.Add(Label(file, line, Unquote(text[(comma + 1)..])));
            files?.Add(Unquote(text[..comma]));
            if (labels.Count > DataLimits.MostImages)
            {
                throw file.Error($"holds more than {DataLimits.MostImages} labels, which is the limit; split it.");
            }
        }

        return new LabelList([.. labels], files?.ToArray(), firstLine);
    }

    private static int Label(InputFile file, int line, string text)
    {
        const string remedy = "write a class index, a whole number counted from 0";
        if (text.Length == 0)
        {
            throw file.Error($"line {line} has no label; {remedy}.");
        }

        if (!Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 label))
        {
            throw file.Error($"the label in line {line}, {InputFile.Quote(text)}, is not an integer; {remedy}.");
        }

        return label >= 0 && label <= int.MaxValue
            ? (int)label
            : throw file.Error($"the label in line {line}, {InputFile.Quote(text)}, is not a class index; {remedy}.");
    }

    private static string Unquote(string field)
    {
        field = field.Trim();
        return field.Length >= 2 && field[0] == '"' && field[^1] == '"' ? field[1..^1].Replace("\"\"", "\"") : field;
    }
}

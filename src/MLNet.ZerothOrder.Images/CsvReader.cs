using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads tables of pixels (CSV, plain or gzipped, fields between commas, semicolons or tabs): an image a line, each pixel in a column of its own, as MNIST's and Kaggle's tables, or all between spaces in a column
/// <c>pixels</c>, as FER2013's.
/// </summary>
public static class CsvReader
{
    private const int FewestColumns = 5;
    private const int LongestHeading = 1 << 23;

    // Of a table whose pixels are bytes; below, scikit-learn's digits have 0..16.
    private const float LeastByte = 16;

    private static readonly string[] PixelHeadings = ["pixels", "image", "img"];

    /// <summary>Reads images: numbers in 0..255, scaled to [0, 1], or already in [0, 1].</summary>
    /// <param name="path">The table, with or without a line of headings.</param>
    /// <param name="labelsPath">Labels in any format of <see cref="Labels.Read"/>; null for those of the table: the column with a usual heading (<c>label</c>, <c>class</c>, …), else the first one.</param>
    /// <param name="shape">The size of every image, whose pixels are stored channel by channel; null for gray squares.</param>
    /// <param name="name">The name of the set; null for the name of the file.</param>
    /// <param name="classes">The names of the classes, for labels that are names; null to number the names in ordinal order.</param>
    /// <exception cref="InputException">The file cannot be read, or its lines are not as above.</exception>
    public static ImageSet Read(string path, string? labelsPath = null, ImageShape? shape = null, string? name = null, ClassNames? classes = null)
    {
        using InputFile file = InputFile.Open(path);
        string text = LabelText.Text(file);
        ReadOnlyMemory<char>[] lines = [.. LabelText.Lines(text).Select(line => line.TrimEnd("\r ")).Where(line => line.Length > 0)];
        if (lines.Length == 0 || Table.Of([.. lines.Take(2).Select(line => line.ToString())]) is not { } table)
        {
            throw file.Error("is no table of pixels; give one image a line, with a column for each pixel, or all pixels between spaces in a column named pixels.");
        }

        int first = table.HasHeading ? 1 : 0, count = lines.Length - first, values = table.Values(lines[first].Span);
        int? labelColumn = table.Label;
        if (labelColumn is null && table.Pixels is null && labelsPath is null && !Fits(values - 1, shape) && Fits(values, shape))
        {
            throw new InputException($"{path}: has no column of labels beside its {values} pixels; give their labels file too.") { Argument = "Labels" };
        }

        if (labelColumn is null && (labelsPath is null || (!Fits(values, shape) && Fits(values - 1, shape))))
        {
            labelColumn = table.Index is null ? 0 : 1;
        }

        bool holdsLabel = table.Pixels is null && labelColumn is not null;
        ImageShape size = Size(file, values - (holdsLabel ? 1 : 0), shape);
        float[] pixels = DataLimits.Allocate(path, count, size);
        var labels = new string[count];
        for (int i = 0; i < count; i++)
        {
            int got = Fill(lines[i + first].Span, table, labelColumn, pixels.AsSpan(i * size.Length, size.Length), out labels[i]);
            if (got != size.Length)
            {
                throw file.Error(got < 0 ? $"value {-got} of image {i} is no number; correct it." : $"image {i} has {got} pixels, unlike the first one with {size.Length}; write as many on every line.");
            }
        }

        bool areBytes = pixels.Max() is > LeastByte and <= byte.MaxValue;
        if (areBytes)
        {
            System.Numerics.Tensors.TensorPrimitives.Divide(pixels, byte.MaxValue, pixels);
        }

        NpyReader.CheckRange(file, pixels, size);
        LabelList list = labelsPath is not null ? Labels.Of(labelsPath, count, classes) : LabelText.Of(file, labels, classes);
        return new ImageSet(name ?? Path.GetFileName(path), size, pixels, list.Values)
        {
            Assumptions = [$"pixels of {Path.GetFileName(path)} were taken as {(areBytes ? "0..255" : "0..1")}{(labelsPath is null && table.Label is null ? $", and its column {labelColumn} as labels" : "")}", .. list.Assumptions],
        };
    }

    /// <summary>Whether a file begins like a table of numbers.</summary>
    internal static bool IsTable(string path)
    {
        byte[] head = InputFile.Head(path, LongestHeading);
        if (head.AsSpan(0, Math.Min(head.Length, 64)).ContainsAnyInRange((byte)0, (byte)8))
        {
            return false;
        }

        return Table.Of([.. LabelText.Lines(System.Text.Encoding.UTF8.GetString(head).TrimStart('\uFEFF')).Select(line => line.ToString().TrimEnd('\r', ' ')).Where(line => line.Length > 0).Take(2)]) is not null;
    }

    private static bool Fits(int values, ImageShape? wanted) => wanted is { } size ? values == size.Length : values > 0 && (int)Math.Sqrt(values) is var side && side * side == values;

    private static ImageShape Size(InputFile file, int values, ImageShape? wanted)
    {
        int side = (int)Math.Sqrt(values);
        return wanted is { } size && size.Length == values ? size
            : wanted is not null ? throw file.Error($"has {values} pixels a line, but images of {wanted} have {wanted.Value.Length}; give the size of its images.", argument: "Shape")
            : Fits(values, null) ? DataLimits.Shape(file.Path, 1, side, side)
            : throw file.Error($"has {values} pixels a line, which is no square and does not define the size of an image; give the size, such as 3x32x32.", argument: "Shape");
    }

    // The number of values; negative for the first that is none.
    private static int Fill(ReadOnlySpan<char> line, Table table, int? labelColumn, Span<float> pixels, out string label)
    {
        label = "";
        int column = 0, at = 0;
        foreach (Range range in line.Split(table.Separator))
        {
            ReadOnlySpan<char> field = line[range].Trim(" \"");
            if (column == table.Index)
            {
                // Row numbers, as pandas writes them.
            }
            else if (column == labelColumn)
            {
                label = field.ToString();
            }
            else if (column == table.Pixels)
            {
                foreach (Range inner in field.Split(' '))
                {
                    if (!field[inner].IsEmpty && !Put(field[inner], pixels, ref at))
                    {
                        return -at;
                    }
                }
            }
            else if (table.Pixels is null && !Put(field, pixels, ref at))
            {
                return -at;
            }

            column++;
        }

        return at;
    }

    private static bool Put(ReadOnlySpan<char> field, Span<float> pixels, ref int at)
    {
        bool isNumber = float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out float value);
        if (at < pixels.Length)
        {
            pixels[at] = value;
        }

        at++;
        return isNumber;
    }

    // What the first two lines show: the separator, whether the first line has headings, the columns of the label, of all pixels in one, and of row numbers; null where they are unknown.
    private sealed record Table(char Separator, bool HasHeading, int? Label, int? Pixels, int? Index)
    {
        public static Table? Of(string[] lines)
        {
            char separator = lines.Length == 0 ? '\0' : LabelText.Separator(lines[0]);
            if (separator is '\0' or ' ')
            {
                return null;
            }

            string[] names = LabelText.Split(lines[0], separator), next = LabelText.Split(lines[^1], separator);
            bool hasHeading = lines.Length > 1 && (names.Count(IsNumber) <= 1 || Array.Exists(names, LabelText.IsLabelHeading));
            string[] row = hasHeading ? next : names;
            int? label = hasHeading ? At(LabelText.IsLabelHeading) : null, pixels = hasHeading ? At(name => PixelHeadings.Contains(name.Trim().ToLowerInvariant())) : null;
            if (pixels is { } column && column < row.Length && row[column].Contains(' '))
            {
                // Of the other columns, only the label's may be used, which is the first of them where none says so.
                return new Table(separator, hasHeading, label ?? (column == 0 ? 1 : 0), pixels, null);
            }

            // One column may hold names of classes.
            int? index = hasHeading && names[0].Trim() is "" or "Unnamed: 0" ? 0 : null;
            return row.Length >= FewestColumns && row.Count(IsNumber) >= row.Length - 1 ? new Table(separator, hasHeading, label, null, index) : null;

            int? At(Predicate<string> isIt) => Array.FindIndex(names, isIt) is >= 0 and var found ? found : null;
        }

        public int Values(ReadOnlySpan<char> line)
        {
            int column = 0;
            foreach (Range range in line.Split(Separator))
            {
                if (column++ == Pixels)
                {
                    ReadOnlySpan<char> field = line[range].Trim(" \"");
                    return field.Count(' ') + 1;
                }
            }

            return column - (Index is null ? 0 : 1);
        }

        private static bool IsNumber(string text) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }
}

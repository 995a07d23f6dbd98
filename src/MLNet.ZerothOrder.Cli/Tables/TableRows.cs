using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The columns of a CSV file that a model takes, as rows of floats, with what they can be.</summary>
/// <param name="Rows">The rows: the places of categories for texts, NaN for a missing value.</param>
/// <param name="Constraints">What the rows can be: learned from them, then corrected by the user's file.</param>
/// <param name="Warnings">What was lost by the reading, one text each.</param>
internal sealed record TableRows(IReadOnlyList<float[]> Rows, FeatureConstraints Constraints, IReadOnlyList<string> Warnings)
{
    // Float32 holds all whole numbers up to this one.
    private const double MostInteger = 1 << 24;

    private const int MostCategories = 1000;
    private const int MostNamed = 8;

    private static readonly string[] Missing = ["", "nan", "na", "n/a", "null", "?"];

    /// <summary>Reads the rows.</summary>
    /// <param name="csv">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="label">The column of the true classes or values, which is no feature; −1 for none.</param>
    /// <param name="features">The columns of a model with one input, in order; null for all but the label.</param>
    /// <param name="correct">Applies the user's corrections; null for none.</param>
    /// <exception cref="InputException">A column is missing, a cell does not fit its input, or the constraints are wrong.</exception>
    public static TableRows Read(CsvTable csv, OnnxTableModel model, int label, IReadOnlyList<string>? features, Action<FeatureConstraints>? correct)
    {
        (int Column, TableInputKind Kind)[] columns = Columns(csv, model, label, features);
        var rules = new FeatureConstraints([.. columns.Select(column => csv.Header[column.Column])]);
        for (int i = 0; i < columns.Length; i++)
        {
            SetCategories(csv, columns[i].Column, columns[i].Kind, rules.Slot(i));
        }

        var warnings = new List<string>();
        float[][] learned = Values(csv, columns, rules, warnings);
        rules.ReadFrom(learned);
        if (correct is null)
        {
            return new TableRows(learned, rules, warnings);
        }

        // The file may list the categories in another order, and more of them.
        correct(rules);
        return new TableRows(Values(csv, columns, rules, []), rules, warnings);
    }

    private static (int Column, TableInputKind Kind)[] Columns(CsvTable csv, OnnxTableModel model, int label, IReadOnlyList<string>? features)
    {
        string there = Listed(csv.Header);
        if (model.Inputs.Count > 1 || model.Inputs[0] is { Width: 1 })
        {
            if (features is not null)
            {
                throw new InputException($"--features is for a model with one input for all columns; this one takes {Listed([.. model.Inputs.Select(input => input.Name)])} by name, so remove it.");
            }

            string[] missing = [.. model.Inputs.Where(input => csv.Find(input.Name) < 0).Select(input => input.Name)];
            return missing.Length == 0 ? [.. model.Inputs.Select(input => (csv.Find(input.Name), input.Kind))]
                : throw new InputException($"{csv.Path} has no column {Listed(missing)}, which the model takes; it has {there}.");
        }

        int[] columns = features is null ? [.. Enumerable.Range(0, csv.Header.Count).Where(i => i != label)]
            : [.. features.Select(name => csv.Find(name) is >= 0 and var at ? at : throw new InputException($"--features names '{name}', but {csv.Path} has only {there}; name one of them."))];
        return (model.Inputs[0].Width ?? columns.Length) == columns.Length ? [.. columns.Select(column => (column, model.Inputs[0].Kind))]
            : throw new InputException($"The model takes {model.Inputs[0].Width} values per row, but {(features is null ? $"{csv.Path} has {columns.Length} columns{(label >= 0 ? $" besides '{csv.Header[label]}'" : "")} ({there})" : $"--features names {columns.Length}")}; name the {model.Inputs[0].Width} columns in the model's order with --features A,B,C.");
    }

    private static void SetCategories(CsvTable csv, int column, TableInputKind kind, FeatureRule rule)
    {
        if (kind == TableInputKind.Flag)
        {
            rule.Categories("False", "True");
        }
        else if (kind == TableInputKind.Text)
        {
            string[] texts = [.. csv.Rows.Select(row => row[column]).Distinct().Order(StringComparer.Ordinal)];
            rule.Categories(texts.Length <= MostCategories ? texts
                : throw new InputException($"Column '{rule.Name}' of {csv.Path} holds {texts.Length:N0} different texts, so it is no category that could change to another one; give a model without it."));
        }
    }

    private static float[][] Values(CsvTable csv, (int Column, TableInputKind Kind)[] columns, FeatureConstraints rules, List<string> warnings)
    {
        var places = new Dictionary<string, int>?[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            places[i] = columns[i].Kind == TableInputKind.Text ? (rules.Slot(i).CategoryNames ?? throw new InputException($"'{rules.Names[i]}' holds texts, so its constraints must list \"categories\", not other values."))
                .Select((name, place) => (name, place)).ToDictionary(pair => pair.name, pair => pair.place) : null;
        }

        var rounded = new HashSet<int>();
        var rows = new float[csv.Rows.Count][];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r] = new float[columns.Length];
            for (int i = 0; i < columns.Length; i++)
            {
                string cell = csv.Rows[r][columns[i].Column];
                rows[r][i] = columns[i].Kind switch
                {
                    TableInputKind.Text => places[i]!.TryGetValue(cell, out int place) ? place : throw Wrong(csv, r, rules.Names[i], cell, $"is none of its categories {Listed([.. places[i]!.Keys])}; add it to the constraints"),
                    TableInputKind.Flag => Flag(cell) ?? throw Wrong(csv, r, rules.Names[i], cell, "is neither true nor false, as the model takes it; write true, false, 1 or 0"),
                    TableInputKind.Integer => Integer(csv, r, rules.Names[i], cell),
                    _ => Number(csv, r, rules.Names[i], cell, ref rounded, i),
                };
            }
        }

        foreach (int i in rounded)
        {
            warnings.Add($"Column '{rules.Names[i]}' of {csv.Name} has whole numbers beyond 2^24 = 16,777,216, which float32 rounds, so neighbouring ones are the same to the attack; scale the column.");
        }

        return rows;
    }

    private static float? Flag(string cell) => cell.ToUpperInvariant() switch
    {
        "TRUE" or "1" or "YES" => 1,
        "FALSE" or "0" or "NO" => 0,
        _ => null,
    };

    private static float Integer(CsvTable csv, int row, string column, string cell)
    {
        if (Array.IndexOf(Missing, cell.ToLowerInvariant()) >= 0)
        {
            throw Wrong(csv, row, column, cell, "is missing, but the model takes whole numbers there, which cannot be missing; fill it in or leave out the row");
        }

        double value = double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) && parsed == Math.Round(parsed) ? parsed
            : Flag(cell) ?? throw Wrong(csv, row, column, cell, "is no whole number, as the model takes it; correct it");
        return Math.Abs(value) <= MostInteger ? (float)value
            : throw Wrong(csv, row, column, cell, "is beyond 2^24 = 16,777,216, up to which float32 holds whole numbers; scale the column in the table and the model");
    }

    private static float Number(CsvTable csv, int row, string column, string cell, ref HashSet<int> rounded, int index)
    {
        if (Array.IndexOf(Missing, cell.ToLowerInvariant()) >= 0)
        {
            return float.NaN;
        }

        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !float.IsFinite((float)value))
        {
            return Flag(cell) ?? throw Wrong(csv, row, column, cell, "is no number, as the model takes it; write numbers with a decimal point, and leave missing ones empty");
        }

        if (Math.Abs(value) > MostInteger && value == Math.Round(value))
        {
            rounded.Add(index);
        }

        return (float)value;
    }

    private static InputException Wrong(CsvTable csv, int row, string column, string cell, string why) => new($"Row {row + 1} of {csv.Path} has '{cell}' in column '{column}', which {why}.");

    private static string Listed(IReadOnlyList<string> names) => names.Count <= MostNamed ? string.Join(", ", names.Select(name => $"'{name}'")) : $"{string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'"))} and {names.Count - MostNamed} more";
}

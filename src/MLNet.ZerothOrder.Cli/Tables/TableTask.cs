using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>A model and the rows of a table that it is asked about.</summary>
internal sealed class TableTask : IDisposable
{
    private const int MostNamed = 12;

    private TableTask(OnnxTableModel model, OnnxTableOracle oracle, FeatureConstraints constraints, TableData data)
    {
        Model = model;
        Oracle = oracle;
        Constraints = constraints;
        Data = data;
    }

    public OnnxTableModel Model { get; }

    public OnnxTableOracle Oracle { get; }

    public FeatureConstraints Constraints { get; }

    public TableData Data { get; }

    /// <summary>The goal; null if there is none.</summary>
    public RowAim? Aim { get; private init; }

    /// <summary>The wanted class; null for any other.</summary>
    public int? Target { get; private init; }

    /// <summary>The model's scores of the rows.</summary>
    public required float[][] Scores { get; init; }

    /// <summary>Opens the model, asks it about the rows, and finds the names of its classes.</summary>
    /// <param name="csv">The table.</param>
    /// <param name="model">The model, which the task then owns.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="label">The column of the true classes; −1 for none.</param>
    /// <param name="threads">The calls that may run at the same time; null for one per core.</param>
    /// <param name="aim">The goal; null for none.</param>
    /// <exception cref="InputException">The model fails, or a true class is none of the model's.</exception>
    public static TableTask Create(CsvTable csv, OnnxTableModel model, TableRows rows, int label, int? threads, RowAim? aim)
    {
        ReadOnlyMemory<float>[] all = [.. rows.Rows.Select(row => (ReadOnlyMemory<float>)row)];
        OnnxTableOracle oracle = model.Open(rows.Constraints, all, threads);
        try
        {
            float[][] scores = [.. oracle.ScoreRows(all.Length, (i, input) => all[i].Span.CopyTo(input), default, failedCalls: 1, out _, default).Chunk(oracle.ScoreLength)];
            IReadOnlyList<string>? names = oracle.ClassNames;
            int[]? labels = label < 0 ? null : [.. csv.Rows.Select((row, i) => LabelOf(row[label], names!) is >= 0 and var found ? found
                : throw new InputException($"Row {i + 1} of {csv.Path} has the class '{row[label]}' in column '{csv.Header[label]}', which is none of the model's classes {Listed(names!)}; correct it, or name another column with --label."))];
            int? target = aim?.Class is not { } wanted ? null : LabelOf(wanted, names!) is >= 0 and var at ? at
                : throw new InputException($"--goal names the class '{wanted}', but the model's classes are {Listed(names!)}; name one of them.");
            return new TableTask(model, oracle, rows.Constraints, new TableData(csv.Name, all) { Labels = labels, ClassNames = names, Warnings = [.. rows.Warnings, .. oracle.Warnings], Queries = oracle.LoadingQueries + all.Length }) { Aim = aim, Target = target, Scores = scores };
        }
        catch (OracleException e)
        {
            oracle.Dispose();
            throw new InputException($"Model '{model.Path}' fails on the rows of {csv.Path}: {e.Message.TrimEnd('.')}; check that its columns are those that it was trained on.", e);
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Oracle.Dispose();
        Model.Dispose();
    }

    // By the text, or by the number or truth value that it stands for.
    private static int LabelOf(string text, IReadOnlyList<string> names)
    {
        int exact = names.ToList().IndexOf(text);
        return exact >= 0 ? exact : names.ToList().FindIndex(name => Number(name) is { } known && Number(text) == known);

        static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : text.ToUpperInvariant() switch { "TRUE" or "YES" => 1, "FALSE" or "NO" => 0, _ => null };
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count <= MostNamed ? string.Join(", ", names.Select(name => $"'{name}'")) : $"{string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'"))} and {names.Count - MostNamed} more";
}

namespace MLNet.ZerothOrder;

/// <summary>What a model gives for the rows of a request: the same number of values for each row, or names of classes.</summary>
internal sealed class ModelAnswer
{
    private ModelAnswer(float[] values, string[][]? labels, int rows)
    {
        Values = values;
        Labels = labels;
        Rows = rows;
    }

    /// <summary>The rows of the answer.</summary>
    public int Rows { get; }

    /// <summary>The values, row by row; empty for names.</summary>
    public float[] Values { get; }

    /// <summary>The names for each row, the most likely first; null for values.</summary>
    public string[][]? Labels { get; }

    /// <summary>Values for each row.</summary>
    public int Columns => Values.Length / Rows;

    /// <summary>An answer of values.</summary>
    /// <exception cref="RequestFailure">They are not the values of so many rows.</exception>
    public static ModelAnswer Of(float[] values, ReadOnlySpan<int> dims, int rows) =>
        dims.IsEmpty || (dims[0] != rows && !(rows == 1 && dims.Length == 1)) || values.Length == 0 || values.Length % rows != 0
            ? throw RequestFailure.Broken($"has the shape [{string.Join(", ", dims.ToArray())}] for {rows} row{(rows == 1 ? "" : "s")}")
            : new ModelAnswer(values, null, rows);

    /// <summary>An answer of names.</summary>
    /// <exception cref="RequestFailure">They are not those of so many rows, or a row has none.</exception>
    public static ModelAnswer Of(string[][] labels, int rows) => labels.Length != rows || labels.Any(row => row.Length == 0)
        ? throw RequestFailure.Broken($"names classes for {labels.Length} of {rows} rows") : new ModelAnswer([], labels, rows);
}

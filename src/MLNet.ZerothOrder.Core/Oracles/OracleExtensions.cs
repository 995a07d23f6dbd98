namespace MLNet.ZerothOrder;

/// <summary>Whole rows through an oracle, outside a run.</summary>
public static class OracleExtensions
{
    /// <summary>Scores any number of rows, batch by batch.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="write">Writes a row's input.</param>
    /// <param name="key">The rows' key.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>Rows × <see cref="IQueryOracle.ScoreLength"/> scores.</returns>
    /// <exception cref="OracleException">The oracle failed or gave a score that is not a finite number.</exception>
    public static float[] ScoreRows(
        this IQueryOracle oracle, int rows, Action<int, Span<float>> write, RowKey key = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var scores = new float[rows * oracle.ScoreLength];
        if (rows == 0)
        {
            return scores;
        }

        using QueryBatch batch = oracle.CreateBatch(Math.Min(rows, oracle.PreferredRows));
        for (int from = 0; from < rows; from += batch.Capacity)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Rows = Math.Min(batch.Capacity, rows - from);
            for (int i = 0; i < batch.Rows; i++)
            {
                write(from + i, batch.Input(i));
                batch.Key(i) = key;
            }

            oracle.Score(batch);
            for (int i = 0; i < batch.Rows; i++)
            {
                Span<float> row = batch.Score(i);
                OracleException.ThrowIfNotFinite(row, "a checked row", 0);
                row.CopyTo(scores.AsSpan((from + i) * oracle.ScoreLength));
            }
        }

        return scores;
    }
}

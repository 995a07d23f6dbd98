namespace MLNet.ZerothOrder;

/// <summary>The rows of one request, which may come from several callers, and the places of their scores.</summary>
internal sealed class RowRequest
{
    private readonly List<(RowCall Call, int Row)> _rows;
    private readonly int _padding;

    public RowRequest(List<(RowCall Call, int Row)> rows, int padding, long id, CancellationToken cancellation)
    {
        _rows = rows;
        _padding = padding;
        Id = id;
        Cancellation = cancellation;
    }

    /// <summary>A number that no other request of this process has.</summary>
    public long Id { get; }

    /// <summary>Cancels the request.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The rows that are sent: those that are asked for, and copies of the last one where the model takes no fewer.</summary>
    public int SentRows => _rows.Count + _padding;

    /// <summary>The rows that are asked for.</summary>
    public int Rows => _rows.Count;

    /// <summary>The rows of each caller.</summary>
    public IReadOnlyList<(RowCall Call, int Row)> Asked => _rows;

    public ReadOnlySpan<float> Input(int row)
    {
        (RowCall call, int at) = _rows[Math.Min(row, _rows.Count - 1)];
        return call.Batch.Input(at);
    }

    /// <summary>The place of a row's scores; empty for a copy.</summary>
    public Span<float> Scores(int row) => row < _rows.Count ? _rows[row].Call.Batch.Score(_rows[row].Row) : default;

    /// <summary>Takes all rows with scores out of the request.</summary>
    /// <returns>Whether none is left.</returns>
    public bool RemoveAnswered()
    {
        _rows.RemoveAll(row => row.Call.Batch.IsAnswered(row.Row));
        return _rows.Count == 0;
    }
}

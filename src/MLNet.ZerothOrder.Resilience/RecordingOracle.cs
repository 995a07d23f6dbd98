namespace MLNet.ZerothOrder;

/// <summary>
/// Writes every answered row to a file from which a <see cref="ReplayOracle"/> answers later. Rows without finite scores are left out. The
/// file is whole once the oracle is disposed.
/// </summary>
public sealed class RecordingOracle : OracleDecorator
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly byte[] _record;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="path">The file; what stood there is replaced.</param>
    /// <param name="isStochastic">Whether the oracle's scores depend on the row's key as well.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public RecordingOracle(IQueryOracle inner, string path, bool isStochastic = false)
        : base(inner)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (inner.InputLength + (long)inner.ScoreLength > Recording.LongestRow)
        {
            throw new ArgumentException($"Rows of {inner.InputLength} and {inner.ScoreLength} floats are not recorded; at most {Recording.LongestRow} are.", nameof(inner));
        }

        _record = new byte[Recording.RecordBytes(inner.InputLength, inner.ScoreLength)];
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        _file.Write(Recording.Header(inner.InputLength, inner.ScoreLength, isStochastic));
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Inner.Score(batch);
        lock (_gate)
        {
            for (int row = 0; row < batch.Rows; row++)
            {
                if (batch.IsAnswered(row))
                {
                    Recording.WriteRecord(_record, batch.Key(row), batch.Input(row), batch.Score(row));
                    _file.Write(_record);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }
}

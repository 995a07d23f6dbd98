namespace MLNet.ZerothOrder;

/// <summary>
/// Writes every answered row to a file from which a <see cref="ReplayOracle"/> answers later. Rows without finite scores are left out.
/// A call's answers are with the system before the call returns, so that a kill loses none that were taken.
/// </summary>
public sealed class RecordingOracle : OracleDecorator
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly byte[] _record;
    private readonly CancellationTokenSource? _ends;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="path">The file; a recording that stood there is replaced.</param>
    /// <param name="isStochastic">Whether the oracle's scores depend on the row's key as well.</param>
    /// <param name="append">Whether to go on with the recording that stands there, from its last whole record.</param>
    /// <param name="ends">
    /// Cancelled where the file can no longer be written (<see cref="Failure"/>), so that a run ends with what it has; null has calls throw <see cref="IOException"/>.
    /// </param>
    /// <exception cref="InputException">What stands there is no recording, or to be gone on with and of another oracle.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public RecordingOracle(IQueryOracle inner, string path, bool isStochastic = false, bool append = false, CancellationTokenSource? ends = null)
        : base(inner)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (inner.InputLength + (long)inner.ScoreLength > Recording.LongestRow)
        {
            throw new ArgumentException($"Rows of {inner.InputLength} and {inner.ScoreLength} floats are not recorded; at most {Recording.LongestRow} are.", nameof(inner));
        }

        _ends = ends;
        _record = new byte[Recording.RecordBytes(inner.InputLength, inner.ScoreLength)];
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        try
        {
            Begin(Recording.Header(inner.InputLength, inner.ScoreLength, isStochastic), append);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Why the file can no longer be written; null while it can.</summary>
    public IOException? Failure { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The same, where a source was given to cancel.</exception>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Inner.Score(batch);
        lock (_gate)
        {
            try
            {
                Write(batch);
            }
            catch (IOException e) when (_ends is not null)
            {
                Failure ??= e;
            }
        }

        if (Failure is not null)
        {
            _ends!.Cancel();
            throw new OperationCanceledException("The recording can no longer be written.", Failure, _ends.Token);
        }
    }

    private void Write(QueryBatch batch)
    {
        if (Failure is null)
        {
            for (int row = 0; row < batch.Rows; row++)
            {
                if (batch.IsAnswered(row))
                {
                    Recording.WriteRecord(_record, batch.Key(row), batch.Input(row), batch.Score(row));
                    _file.Write(_record);
                }
            }

            _file.Flush();
        }
    }

    private void Begin(byte[] header, bool append)
    {
        var old = new byte[header.Length];
        int got = _file.ReadAtLeast(old, old.Length, throwOnEndOfStream: false);

        // Nobody is to lose a model or a picture by a mistyped name.
        ReadOnlySpan<byte> magic = Recording.Magic[..Math.Min(got, Recording.Magic.Length)];
        if (!old.AsSpan().StartsWith(magic))
        {
            throw new InputException($"{_file.Name} is no recording, so it is not replaced by one; name another file.");
        }

        if (append && got == header.Length)
        {
            if (!old.AsSpan().SequenceEqual(header))
            {
                throw new InputException($"{_file.Name} is a recording of other rows; bring back the one that was begun, or name another file.");
            }

            // A process that was killed may have written half a record.
            _file.SetLength(_file.Length - ((_file.Length - header.Length) % _record.Length));
            _file.Position = _file.Length;
            return;
        }

        _file.SetLength(0);
        _file.Write(header);
        _file.Flush();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try
        {
            _file.Dispose();
        }
        catch (IOException) when (Failure is not null)
        {
            // What could not be written then cannot now.
        }

        base.Dispose(disposing);
    }
}

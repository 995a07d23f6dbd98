namespace MLNet.ZerothOrder;

/// <summary>
/// Writes every answered row to a file for a <see cref="ReplayOracle"/>. Rows without finite scores are not written. The answers of a
/// call are handed to the operating system before the call returns, so that a killed process loses none of them.
/// </summary>
public sealed class RecordingOracle : OracleDecorator
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly byte[] _record;
    private readonly CancellationTokenSource? _ends;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="path">The file. An existing recording is replaced.</param>
    /// <param name="isStochastic">Whether the oracle's scores depend on the row's key as well.</param>
    /// <param name="append">Whether to continue an existing recording after its last whole record.</param>
    /// <param name="ends">
    /// Cancelled when the file can no longer be written (<see cref="Failure"/>), so that a run ends with its results so far. If null, calls throw <see cref="IOException"/>.
    /// </param>
    /// <exception cref="InputException">The existing file is not a recording, or is a recording of another oracle and cannot be continued.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public RecordingOracle(IQueryOracle inner, string path, bool isStochastic = false, bool append = false, CancellationTokenSource? ends = null)
        : base(inner)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (inner.InputLength + (long)inner.ScoreLength > Recording.LongestRow)
        {
            throw new ArgumentException($"Rows of {inner.InputLength} and {inner.ScoreLength} floats are too long to record; the limit is {Recording.LongestRow} floats.", nameof(inner));
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
    /// <exception cref="OperationCanceledException">The file cannot be written, and there is a source to cancel.</exception>
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

        // A mistyped name must not overwrite a model or a picture.
        ReadOnlySpan<byte> magic = Recording.Magic[..Math.Min(got, Recording.Magic.Length)];
        if (!old.AsSpan().StartsWith(magic))
        {
            throw new InputException($"{_file.Name} exists and is not a recording, so it is not replaced; name another file.");
        }

        if (append && got == header.Length)
        {
            if (!old.AsSpan().SequenceEqual(header))
            {
                throw new InputException($"{_file.Name} is a recording of other rows; restore the original recording, or name another file.");
            }

            // A killed process may have written half a record.
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
            // Buffered bytes that could not be written before cannot be written now.
        }

        base.Dispose(disposing);
    }
}

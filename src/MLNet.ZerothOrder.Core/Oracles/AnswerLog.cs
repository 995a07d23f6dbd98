using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that keeps what it answered, in order, and begins by repeating what another process's log holds: whoever asks the same rows
/// again gets the same answers without a query. For one caller at a time.
/// </summary>
internal sealed class AnswerLog(IQueryOracle oracle, float[] earlier) : IQueryOracle
{
    private readonly Lock _gate = new();
    private readonly List<float> _answers = [.. earlier];
    private int _repeated;

    public int InputLength => oracle.InputLength;

    public int ScoreLength => oracle.ScoreLength;

    public int PreferredRows => oracle.PreferredRows;

    /// <summary>All that is kept.</summary>
    public float[] ToArray()
    {
        lock (_gate)
        {
            return [.. _answers];
        }
    }

    public QueryBatch CreateBatch(int capacity) => oracle.CreateBatch(capacity);

    public void Score(QueryBatch batch)
    {
        int length = batch.Rows * ScoreLength;
        if (_answers.Count - _repeated >= length)
        {
            CollectionsMarshal.AsSpan(_answers).Slice(_repeated, length).CopyTo(batch.Scores.Span);
            _repeated += length;
            return;
        }

        oracle.Score(batch);
        lock (_gate)
        {
            // Rows are kept whole calls at a time, so nothing is left over here but from a file that says otherwise.
            _answers.RemoveRange(_repeated, _answers.Count - _repeated);
            _answers.AddRange(batch.Scores.Span[..length]);
            _repeated = _answers.Count;
        }
    }

    /// <summary>Nothing to release: the oracle is the caller's.</summary>
    public void Dispose()
    {
    }
}

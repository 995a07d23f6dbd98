using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that logs its answers in order. It first replays the log of another process: a caller that asks the same rows again gets
/// the same answers without queries. For one caller at a time.
/// </summary>
internal sealed class AnswerLog(IQueryOracle oracle, float[] earlier) : IQueryOracle
{
    private readonly Lock _gate = new();
    private readonly List<float> _answers = [.. earlier];
    private int _repeated;

    public int InputLength => oracle.InputLength;

    public int ScoreLength => oracle.ScoreLength;

    public int PreferredRows => oracle.PreferredRows;

    public ScoreKind? Scores => oracle.Scores;

    public int AnswersPerRow => oracle.AnswersPerRow;

    /// <summary>All logged answers.</summary>
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
            // Answers are logged in whole calls, so a remainder here can only come from a damaged file. It is dropped.
            _answers.RemoveRange(_repeated, _answers.Count - _repeated);
            _answers.AddRange(batch.Scores.Span[..length]);
            _repeated = _answers.Count;
        }
    }

    /// <summary>Does nothing: the caller owns the oracle.</summary>
    public void Dispose()
    {
    }
}

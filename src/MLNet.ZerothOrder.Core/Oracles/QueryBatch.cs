using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The rows of one oracle call: inputs, keys and, after the call, scores. Its memory is pinned and begins at multiples of 64 bytes, so that an
/// oracle can bind native tensors to it once and run without copies. Created by <see cref="IQueryOracle.CreateBatch"/>.
/// </summary>
public class QueryBatch : IDisposable
{
    private readonly AlignedArray<float> _inputs;
    private readonly AlignedArray<float> _scores;
    private readonly RowKey[] _keys;
    private readonly QueryLedger?[] _ledgers;
    private readonly OracleException?[] _failures;
    private int _rows;

    /// <summary>Creates a batch of at most <paramref name="capacity"/> rows of <paramref name="inputLength"/> floats in and <paramref name="scoreLength"/> floats out.</summary>
    public QueryBatch(int capacity, int inputLength, int scoreLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scoreLength);
        Capacity = capacity;
        InputLength = inputLength;
        ScoreLength = scoreLength;
        _inputs = new AlignedArray<float>(checked(capacity * inputLength));
        _scores = new AlignedArray<float>(checked(capacity * scoreLength));
        _keys = new RowKey[capacity];
        _ledgers = new QueryLedger?[capacity];
        _failures = new OracleException?[capacity];
    }

    /// <summary>The most rows of one call.</summary>
    public int Capacity { get; }

    /// <summary>Floats per input row.</summary>
    public int InputLength { get; }

    /// <summary>Floats per score row.</summary>
    public int ScoreLength { get; }

    /// <summary>The number of rows in use, 0..<see cref="Capacity"/>. An oracle scores exactly these.</summary>
    public int Rows
    {
        get => _rows;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            _rows = value;
        }
    }

    /// <summary>The memory of all input rows, <see cref="Capacity"/> × <see cref="InputLength"/>, row by row.</summary>
    public Memory<float> Inputs => _inputs.Memory;

    /// <summary>The memory of all score rows, <see cref="Capacity"/> × <see cref="ScoreLength"/>, row by row.</summary>
    public Memory<float> Scores => _scores.Memory;

    /// <summary>One input row.</summary>
    public Span<float> Input(int row) => _inputs.Slice(row * InputLength, InputLength);

    /// <summary>One score row; valid after <see cref="IQueryOracle.Score"/>.</summary>
    public Span<float> Score(int row) => _scores.Slice(row * ScoreLength, ScoreLength);

    /// <summary>One row's key.</summary>
    public ref RowKey Key(int row) => ref _keys[row];

    /// <summary>The ledger that a retry of this row is charged to; null if retries are not counted.</summary>
    public ref QueryLedger? Ledger(int row) => ref _ledgers[row];

    /// <summary>Marks one row as failed, with the reason. The other rows keep their scores.</summary>
    public void Fail(int row, OracleException reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Score(row).Fill(float.NaN);
        _failures[row] = reason;
    }

    /// <summary>Clears the answers of the rows in use, so that a row that the oracle skips counts as unanswered.</summary>
    public void ClearAnswers()
    {
        _scores.Slice(0, Rows * ScoreLength).Fill(float.NaN);
        _failures.AsSpan(0, Rows).Clear();
    }

    /// <summary>Scores the rows in use. A row that the oracle skips, or gives a score that is not finite, is failed (<see cref="FailureOf"/>).</summary>
    /// <param name="oracle">The oracle that created the batch.</param>
    /// <param name="failsRows">Whether a failed call fails all of its rows instead of throwing.</param>
    /// <param name="cancellation">Cancels the requests of an <see cref="IAsyncQueryOracle"/>.</param>
    /// <returns>Whether the call succeeded.</returns>
    /// <exception cref="OracleException">The oracle failed, and <paramref name="failsRows"/> is false.</exception>
    public bool Ask(IQueryOracle oracle, bool failsRows = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ClearAnswers();
        try
        {
            if (oracle is IAsyncQueryOracle waits)
            {
                waits.ScoreAsync(this, null, cancellation).GetAwaiter().GetResult();
            }
            else
            {
                oracle.Score(this);
            }

            return true;
        }
        catch (OracleException e) when (failsRows)
        {
            for (int row = 0; row < Rows; row++)
            {
                Fail(row, e);
            }

            return false;
        }
    }

    /// <summary>Whether all of a row's scores are finite numbers.</summary>
    public bool IsAnswered(int row)
    {
        foreach (float score in Score(row))
        {
            if (!float.IsFinite(score))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The reason why a scored row has no usable scores: the reason given to <see cref="Fail"/>, or a score that is not finite. Null if the scores are usable.</summary>
    /// <param name="row">The row.</param>
    /// <param name="name">The name of the row in a message.</param>
    /// <param name="step">The step of the query for a message; 0 outside a run.</param>
    public OracleException? FailureOf(int row, string name, int step)
    {
        if (IsAnswered(row))
        {
            return null;
        }

        float score = Score(row)[0];
        foreach (float other in Score(row))
        {
            score = float.IsFinite(score) ? other : score;
        }

        return _failures[row] ?? new OracleException(
            $"The oracle gave {score} as a score for {name}{(step > 0 ? $" at step {step}" : "")}; scores must be finite numbers.");
    }

    /// <summary>Copies the rows in use, with keys and ledgers, to a batch with at least as many rows.</summary>
    public void CopyQuestionsTo(QueryBatch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        other.Rows = Rows;
        _inputs.Slice(0, Rows * InputLength).CopyTo(other._inputs.Span);
        _keys.AsSpan(0, Rows).CopyTo(other._keys);
        _ledgers.AsSpan(0, Rows).CopyTo(other._ledgers);
    }

    /// <summary>Copies the scores and failures of the rows in use to a batch with at least as many rows.</summary>
    public void CopyAnswersTo(QueryBatch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _scores.Slice(0, Rows * ScoreLength).CopyTo(other._scores.Span);
        _failures.AsSpan(0, Rows).CopyTo(other._failures);
    }

    /// <summary>
    /// Scores some of the rows again in one call. The other rows keep their answers. The rows are swapped to the front for the call, because
    /// an oracle accepts only its own batches.
    /// </summary>
    /// <param name="oracle">The oracle that created the batch.</param>
    /// <param name="rows">Indices of rows in use, ascending.</param>
    /// <exception cref="OracleException">The oracle failed.</exception>
    public void ScoreOnly(IQueryOracle oracle, ReadOnlySpan<int> rows)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        if (rows.IsEmpty)
        {
            return;
        }

        int all = Rows;
        for (int i = 0; i < rows.Length; i++)
        {
            Swap(i, rows[i]);
        }

        try
        {
            Rows = rows.Length;
            Ask(oracle);
        }
        finally
        {
            Rows = all;
            for (int i = rows.Length - 1; i >= 0; i--)
            {
                Swap(i, rows[i]);
            }
        }
    }

    private void Swap(int a, int b)
    {
        if (a == b)
        {
            return;
        }

        Swap(Input(a), Input(b));
        Swap(Score(a), Score(b));
        (_keys[a], _keys[b]) = (_keys[b], _keys[a]);
        (_ledgers[a], _ledgers[b]) = (_ledgers[b], _ledgers[a]);
        (_failures[a], _failures[b]) = (_failures[b], _failures[a]);
    }

    private static void Swap(Span<float> a, Span<float> b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (b[i], a[i]);
        }
    }

    /// <summary>Releases the native resources that an oracle bound to this batch.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

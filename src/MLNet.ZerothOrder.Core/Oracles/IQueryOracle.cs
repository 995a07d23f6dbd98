namespace MLNet.ZerothOrder;

/// <summary>
/// Something that can only be queried: rows in, scores out. There are no gradients here, and no state that one query
/// could leave for the next: equal rows with equal keys score equally, however they are packed into batches.
/// </summary>
public interface IQueryOracle : IDisposable
{
    /// <summary>Floats per input row.</summary>
    int InputLength { get; }

    /// <summary>Floats per score row: a classifier's classes, 1 for a plain function.</summary>
    int ScoreLength { get; }

    /// <summary>How many <see cref="Score"/> calls, each with a batch of its own, may run at the same time.</summary>
    int Concurrency => 1;

    /// <summary>Rows per call from which a larger call is no faster per row.</summary>
    int PreferredRows => 64;

    /// <summary>A batch for this oracle. The caller disposes it before the oracle.</summary>
    QueryBatch CreateBatch(int capacity) => new(capacity, InputLength, ScoreLength);

    /// <summary>Scores the first <see cref="QueryBatch.Rows"/> rows of a batch that this oracle created.</summary>
    /// <exception cref="OracleException">The oracle failed, or gave another number of scores than asked for.</exception>
    void Score(QueryBatch batch);
}

namespace MLNet.ZerothOrder;

/// <summary>
/// A model or function that can only be queried: rows in, scores out, no gradients. Queries are independent: equal rows with equal keys
/// get equal scores, however they are packed into batches.
/// </summary>
public interface IQueryOracle : IDisposable
{
    /// <summary>Floats per input row.</summary>
    int InputLength { get; }

    /// <summary>Floats per score row: the number of classes of a classifier, 1 for a scalar function.</summary>
    int ScoreLength { get; }

    /// <summary>The number of <see cref="Score"/> calls that may run at the same time, each with its own batch (default: 1).</summary>
    int Concurrency => 1;

    /// <summary>The number of rows per call above which larger calls are no faster per row (default: 64).</summary>
    int PreferredRows => 64;

    /// <summary>The kind of a classifier's scores, if the oracle knows it; null if it must be detected from the numbers (default: null).</summary>
    ScoreKind? Scores => null;

    /// <summary>The queries that a row of a call costs: the answers that are averaged to its scores (default: 1).</summary>
    int AnswersPerRow => 1;

    /// <summary>Creates a batch for this oracle. The caller disposes it before the oracle.</summary>
    QueryBatch CreateBatch(int capacity) => new(capacity, InputLength, ScoreLength);

    /// <summary>Scores the first <see cref="QueryBatch.Rows"/> rows of a batch that this oracle created.</summary>
    /// <exception cref="OracleException">The oracle failed, or returned the wrong number of scores.</exception>
    void Score(QueryBatch batch);
}

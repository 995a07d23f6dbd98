namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that wraps another one and owns it. Decorators can be nested; <see cref="OracleOptions"/> documents the order.
/// </summary>
public abstract class OracleDecorator : IQueryOracle
{
    /// <summary>Creates a decorator that disposes <paramref name="inner"/> with itself.</summary>
    protected OracleDecorator(IQueryOracle inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <inheritdoc/>
    public int InputLength => Inner.InputLength;

    /// <inheritdoc/>
    public int ScoreLength => Inner.ScoreLength;

    /// <inheritdoc/>
    public int Concurrency => Inner.Concurrency;

    /// <inheritdoc/>
    public int PreferredRows => Inner.PreferredRows;

    /// <inheritdoc/>
    public ScoreKind? Scores => Inner.Scores;

    /// <inheritdoc/>
    public virtual int AnswersPerRow => Inner.AnswersPerRow;

    /// <summary>The wrapped oracle.</summary>
    protected IQueryOracle Inner { get; }

    /// <inheritdoc/>
    public virtual QueryBatch CreateBatch(int capacity) => Inner.CreateBatch(capacity);

    /// <inheritdoc/>
    public abstract void Score(QueryBatch batch);

    /// <summary>Disposes the decorator and the wrapped oracle.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the decorator's own resources, then the wrapped oracle.</summary>
    protected virtual void Dispose(bool disposing) => Inner.Dispose();
}

namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle around another one, which it owns. Decorators compose; <see cref="OracleOptions"/> says in which order.
/// </summary>
public abstract class OracleDecorator : IQueryOracle
{
    /// <summary>A decorator that disposes <paramref name="inner"/> with itself.</summary>
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

    /// <summary>The oracle inside.</summary>
    protected IQueryOracle Inner { get; }

    /// <inheritdoc/>
    public virtual QueryBatch CreateBatch(int capacity) => Inner.CreateBatch(capacity);

    /// <inheritdoc/>
    public abstract void Score(QueryBatch batch);

    /// <summary>Disposes the oracle inside.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the decorator's own, then the oracle inside.</summary>
    protected virtual void Dispose(bool disposing) => Inner.Dispose();
}

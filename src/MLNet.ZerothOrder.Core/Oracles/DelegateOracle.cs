namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle over any C# function: a simulator, a service, a model of another library. The function scores one row at a time
/// and must give the same scores for the same row and key.
/// </summary>
public sealed class DelegateOracle : IQueryOracle
{
    /// <summary>Scores one row: reads <paramref name="input"/> and fills <paramref name="scores"/>.</summary>
    public delegate void RowFunction(ReadOnlySpan<float> input, RowKey key, Span<float> scores);

    private readonly RowFunction _function;

    /// <summary>Creates an oracle over a function of <paramref name="inputLength"/> floats that gives <paramref name="scoreLength"/> scores.</summary>
    /// <param name="inputLength">Floats per input row.</param>
    /// <param name="scoreLength">Scores per row.</param>
    /// <param name="function">Scores one row.</param>
    /// <param name="concurrency">The number of threads that may call the function at the same time. Use 1 if the function is not thread-safe (default: 1).</param>
    public DelegateOracle(int inputLength, int scoreLength, RowFunction function, int concurrency = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scoreLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(concurrency);
        ArgumentNullException.ThrowIfNull(function);
        InputLength = inputLength;
        ScoreLength = scoreLength;
        Concurrency = concurrency;
        _function = function;
    }

    /// <summary>An oracle over a function with one value, such as a loss to minimize.</summary>
    public static DelegateOracle FromFunction(int inputLength, Func<ReadOnlySpan<float>, double> function, int concurrency = 1)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new(inputLength, 1, (input, _, scores) => scores[0] = (float)function(input), concurrency);
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <inheritdoc/>
    public int ScoreLength { get; }

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int row = 0; row < batch.Rows; row++)
        {
            try
            {
                _function(batch.Input(row), batch.Key(row), batch.Score(row));
            }
            catch (Exception e) when (e is not OracleException and not OperationCanceledException)
            {
                throw new OracleException($"The oracle's function threw {e.GetType().Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }
}

using System.Collections.Concurrent;

namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>An oracle that counts for itself what it is asked, apart from any ledger.</summary>
internal sealed class WatchedOracle(int dimension, WatchedOracle.Function function, int concurrency = 1, int preferredRows = 64) : IQueryOracle
{
    private int _calls;
    private long _rows;

    public delegate double Function(ReadOnlySpan<float> input, RowKey key);

    public int InputLength { get; } = dimension;

    public int ScoreLength => 1;

    public int Concurrency { get; } = concurrency;

    public int PreferredRows { get; } = preferredRows;

    /// <summary>Told the number of each call, from 1, before any of its rows is scored.</summary>
    public Action<int>? OnCall { get; init; }

    /// <summary>Told the number of each row, from 1, after it has been counted and before it is scored.</summary>
    public Action<long>? OnRow { get; init; }

    /// <summary>Rows seen per problem and step.</summary>
    public ConcurrentDictionary<RowKey, long> Rows { get; } = new();

    /// <summary>The problems in each call, in the order of their rows.</summary>
    public ConcurrentQueue<ulong[]> Calls { get; } = new();

    public long RowsOf(Problem problem) => Rows.Where(pair => pair.Key.Problem == problem.Key.Value).Sum(pair => pair.Value);

    public void Score(QueryBatch batch)
    {
        OnCall?.Invoke(Interlocked.Increment(ref _calls));
        var problems = new List<ulong>();
        for (int row = 0; row < batch.Rows; row++)
        {
            RowKey key = batch.Key(row);
            Rows.AddOrUpdate(key, 1, (_, count) => count + 1);
            OnRow?.Invoke(Interlocked.Increment(ref _rows));
            problems.Add(key.Problem);
            batch.Score(row)[0] = (float)function(batch.Input(row), key);
        }

        Calls.Enqueue([.. problems.Distinct()]);
    }

    public void Dispose()
    {
    }
}

namespace MLNet.ZerothOrder.Training;

/// <summary>Packs the rows of all problems of a step into full oracle calls, with the oracle's concurrency.</summary>
internal sealed class RowPacker : IDisposable
{
    private readonly IQueryOracle _oracle;
    private readonly QueryBatch[] _batches;
    private readonly float[][] _points;

    /// <param name="oracle">The oracle to query.</param>
    /// <param name="dimension">The most coordinates of any problem.</param>
    /// <param name="rows">The most rows of all problems' steps together.</param>
    public RowPacker(IQueryOracle oracle, int dimension, int rows)
    {
        _oracle = oracle;
        int workers = Math.Max(1, oracle.Concurrency);

        // All workers get a part of the rows of a step.
        int capacity = Math.Clamp((rows + workers - 1) / workers, 1, Math.Max(1, oracle.PreferredRows));
        _batches = [.. Enumerable.Range(0, workers).Select(_ => oracle.CreateBatch(capacity))];
        _points = [.. Enumerable.Range(0, workers).Select(_ => new float[dimension])];
    }

    /// <summary>Scores all rows of the current step and passes the answers to their runs.</summary>
    /// <exception cref="OracleException">The oracle failed, or gave a score that is not finite.</exception>
    public void Score(TrainingRun[] runs)
    {
        int total = runs.Sum(run => run.Rows);
        int capacity = _batches[0].Capacity;
        int calls = (total + capacity - 1) / capacity;
        int next = -1;
        Exception? failure = null;
        void Work(int worker)
        {
            try
            {
                for (int call = Interlocked.Increment(ref next); call < calls && Volatile.Read(ref failure) is null; call = Interlocked.Increment(ref next))
                {
                    Score(runs, _batches[worker], _points[worker], call * capacity, Math.Min(capacity, total - (call * capacity)));
                }
            }
            catch (Exception e)
            {
                Volatile.Write(ref failure, e);
            }
        }

        Parallel.For(0, Math.Min(_batches.Length, calls), Work);
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    public void Dispose()
    {
        foreach (QueryBatch batch in _batches)
        {
            batch.Dispose();
        }
    }

    private void Score(TrainingRun[] runs, QueryBatch batch, float[] point, int from, int count)
    {
        batch.Rows = count;
        int at = 0;
        foreach ((TrainingRun run, int row) in Rows(runs, from, count))
        {
            run.WriteRow(row, point.AsSpan(0, run.Objective.Dimension), batch.Input(at));
            batch.Key(at++) = run.RowKey;
        }

        batch.Ask(_oracle);
        at = 0;
        foreach ((TrainingRun run, int row) in Rows(runs, from, count))
        {
            if (batch.FailureOf(at, run.Id, run.Step) is { } failure)
            {
                throw failure;
            }

            run.Answer(row, batch.Input(at), batch.Score(at));
            at++;
        }
    }

    private static IEnumerable<(TrainingRun Run, int Row)> Rows(TrainingRun[] runs, int from, int count)
    {
        foreach (TrainingRun run in runs)
        {
            for (int row = Math.Max(0, from); row < Math.Min(run.Rows, from + count); row++)
            {
                yield return (run, row);
            }

            from -= run.Rows;
        }
    }
}

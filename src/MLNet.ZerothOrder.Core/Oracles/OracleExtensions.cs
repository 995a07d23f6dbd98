namespace MLNet.ZerothOrder;

/// <summary>Whole rows through an oracle, outside a run.</summary>
public static class OracleExtensions
{
    /// <summary>Scores any number of rows, batch by batch.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="write">Writes a row's input.</param>
    /// <param name="key">The rows' key.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>Rows × <see cref="IQueryOracle.ScoreLength"/> scores.</returns>
    /// <exception cref="OracleException">The oracle failed or gave a score that is not a finite number.</exception>
    public static float[] ScoreRows(
        this IQueryOracle oracle, int rows, Action<int, Span<float>> write, RowKey key = default, CancellationToken cancellation = default) =>
        ScoreRows(oracle, rows, write, key, failedCalls: 0, out _, cancellation);

    /// <summary>As above, but a row that fails only fails itself, and a call that fails its rows, unless too many calls fail one after another.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="write">Writes a row's input.</param>
    /// <param name="key">The rows' key.</param>
    /// <param name="failedCalls">This many failed calls in a row throw; at 0, the first failure of any kind does.</param>
    /// <param name="failures">Why a row has no scores, null where it has some.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    internal static float[] ScoreRows(
        this IQueryOracle oracle, int rows, Action<int, Span<float>> write, RowKey key, int failedCalls, out OracleException?[] failures, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var scores = new float[rows * oracle.ScoreLength];
        failures = new OracleException?[rows];
        int failedInARow = 0;
        if (rows == 0)
        {
            return scores;
        }

        using QueryBatch batch = oracle.CreateBatch(Math.Min(rows, oracle.PreferredRows));
        for (int from = 0; from < rows; from += batch.Capacity)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Rows = Math.Min(batch.Capacity, rows - from);
            for (int i = 0; i < batch.Rows; i++)
            {
                write(from + i, batch.Input(i));
                batch.Key(i) = key;
            }

            batch.ClearAnswers();
            OracleException? failed = null;
            try
            {
                oracle.Score(batch);
                failedInARow = 0;
            }
            catch (OracleException e) when (++failedInARow < failedCalls)
            {
                failed = e;
            }

            for (int i = 0; i < batch.Rows; i++)
            {
                OracleException? own = batch.FailureOf(i, "a checked row", 0);
                failures[from + i] = failed ?? own;
                if (failedCalls == 0 && failures[from + i] is { } failure)
                {
                    throw failure;
                }

                batch.Score(i).CopyTo(scores.AsSpan((from + i) * oracle.ScoreLength));
            }
        }

        return scores;
    }

    /// <summary>The classes that a classifier gives some images: the first of each row's highest scores.</summary>
    /// <param name="oracle">The classifier; its rows are of the images' length.</param>
    /// <param name="images">The images.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <exception cref="OracleException">The oracle failed or gave a score that is not a finite number.</exception>
    public static int[] Classify(this IQueryOracle oracle, Data.ImageSet images, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Classes(oracle, oracle.ScoreRows(images.Count, (row, input) => images.Image(row).Span.CopyTo(input), cancellation: cancellation));
    }

    /// <summary>The classes of scored rows: the first of each row's highest scores.</summary>
    /// <param name="oracle">The classifier that gave the scores.</param>
    /// <param name="scores">Rows × <see cref="IQueryOracle.ScoreLength"/> scores.</param>
    public static int[] Classes(this IQueryOracle oracle, float[] scores) =>
    [
        .. Enumerable.Range(0, scores.Length / oracle.ScoreLength)
            .Select(row => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength))),
    ];

    /// <summary>Whole steps of attacks, asked row by row: what a composed graph answers in one call, for comparison.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="shape">The steps' directions and estimate.</param>
    /// <param name="steps">How many steps a batch holds.</param>
    public static IStepOracle ByRow(this IQueryOracle oracle, StepShape shape, int steps) => new RowStepOracle(oracle, shape, steps);
}

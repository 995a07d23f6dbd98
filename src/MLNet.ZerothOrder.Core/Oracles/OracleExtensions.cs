namespace MLNet.ZerothOrder;

/// <summary>Queries of an oracle outside a run.</summary>
public static class OracleExtensions
{
    /// <summary>Scores any number of rows, batch by batch.</summary>
    /// <param name="oracle">The oracle to query.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="write">Writes the input of one row.</param>
    /// <param name="key">The key of all rows.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <returns>Rows × <see cref="IQueryOracle.ScoreLength"/> scores.</returns>
    /// <exception cref="OracleException">The oracle failed or gave a score that is not a finite number.</exception>
    public static float[] ScoreRows(
        this IQueryOracle oracle, int rows, Action<int, Span<float>> write, RowKey key = default, CancellationToken cancellation = default) =>
        ScoreRows(oracle, rows, write, key, failedCalls: 0, out _, cancellation);

    /// <summary>
    /// Scores any number of rows, batch by batch, and reports failures per row. A failed call fails all of its rows; too many consecutive failed
    /// calls throw.
    /// </summary>
    /// <param name="oracle">The oracle to query.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="write">Writes the input of one row.</param>
    /// <param name="key">The key of all rows.</param>
    /// <param name="failedCalls">The number of consecutive failed calls that throws. At 0, the first failed row or call throws.</param>
    /// <param name="failures">The reason why a row has no scores; null for a scored row.</param>
    /// <param name="cancellation">Checked between batches.</param>
    public static float[] ScoreRows(
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

            failedInARow = batch.Ask(oracle, failsRows: failedInARow + 1 < failedCalls, cancellation) ? 0 : failedInARow + 1;
            for (int i = 0; i < batch.Rows; i++)
            {
                failures[from + i] = batch.FailureOf(i, "a checked row", 0);
                if (failedCalls == 0 && failures[from + i] is { } failure)
                {
                    throw failure;
                }

                batch.Score(i).CopyTo(scores.AsSpan((from + i) * oracle.ScoreLength));
            }
        }

        return scores;
    }

    /// <summary>The predicted class of each image: the index of its highest score, the first one if several are equal.</summary>
    /// <param name="oracle">The classifier. Its rows have the length of the images.</param>
    /// <param name="images">The images.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="OracleException">The oracle failed or gave a score that is not a finite number.</exception>
    public static int[] Classify(this IQueryOracle oracle, Data.ImageSet images, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Classes(oracle, oracle.ScoreRows(images.Count, (row, input) => images.Image(row).Span.CopyTo(input), cancellation: cancellation));
    }

    /// <summary>The kind of a classifier's scores: the one asked for, else the one that the oracle knows, else the one detected from the numbers.</summary>
    /// <param name="oracle">The classifier.</param>
    /// <param name="scores">Its scores, row by row; not used if the oracle knows the kind or one is asked for.</param>
    /// <param name="asked">The kind that the user states; null for none.</param>
    /// <exception cref="InputException">The stated kind contradicts the one that the oracle knows.</exception>
    public static ScoreKind KindOf(this IQueryOracle oracle, ReadOnlySpan<float> scores, ScoreKind? asked = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        if (oracle.Scores is { } known && asked is { } said && IsLogits(known) != IsLogits(said))
        {
            throw new InputException(
                $"The options say that the scores are {ScoreKinds.Name(said)}, but the classifier was opened so that it gives {ScoreKinds.Name(known)}; state what the model's output holds where the model is opened, such as in OnnxOracleOptions.Scores.") { Argument = "Scores" };
        }

        return asked ?? oracle.Scores ?? ScoreKinds.Detect(scores, scores.Length / oracle.ScoreLength, oracle.ScoreLength);

        static bool IsLogits(ScoreKind kind) => kind is ScoreKind.Logits or ScoreKind.LogProbabilities;
    }

    /// <summary>The predicted class of each scored row: the index of its highest score, the first one if several are equal.</summary>
    /// <param name="oracle">The classifier that gave the scores.</param>
    /// <param name="scores">Rows × <see cref="IQueryOracle.ScoreLength"/> scores.</param>
    public static int[] Classes(this IQueryOracle oracle, float[] scores) =>
    [
        .. Enumerable.Range(0, scores.Length / oracle.ScoreLength)
            .Select(row => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength))),
    ];

    /// <summary>A step oracle that queries an ordinary oracle row by row. It is the reference for composed graphs, which answer a step in one call.</summary>
    /// <param name="oracle">The oracle to query.</param>
    /// <param name="shape">The directions and the estimate of a step.</param>
    /// <param name="steps">The most steps of one batch.</param>
    public static IStepOracle ByRow(this IQueryOracle oracle, StepShape shape, int steps) => new RowStepOracle(oracle, shape, steps);
}

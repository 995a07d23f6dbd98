using System.Numerics.Tensors;

namespace MLNet.ZerothOrder;

/// <summary>Attacks rows with constraints. Only rows that the model classifies correctly are attacked, or all rows of a regression.</summary>
/// <param name="oracle">The model.</param>
/// <param name="constraints">The feasible rows.</param>
/// <param name="optimizer">The optimizer.</param>
/// <param name="options">The options, with the kind of scores.</param>
/// <param name="goal">The goal of a regression; null for a classifier.</param>
internal sealed class TableRowAttack(IQueryOracle oracle, FeatureConstraints constraints, IZerothOrderOptimizer optimizer, AttackOptions options, Func<float, RowGoal>? goal) : IRowAttack
{
    public RowOutcome[] Run(float[] rows, int[] labels, long first, Action<AttackProgress>? progress, Action<IReadOnlyList<string>> warn, CancellationToken cancellation)
    {
        int d = constraints.Count;
        ReadOnlyMemory<float>[] each = [.. labels.Select((_, i) => (ReadOnlyMemory<float>)rows.AsMemory(i * d, d))];
        IReadOnlyList<TableRow> results = new TableAttack(oracle, constraints, options, optimizer).Run(
            each, Goal, progress is null ? null : state => progress(new AttackProgress(optimizer.Name, 0, 1, state)), cancellation, first: first);
        if (results.Count(row => !row.Scores.All(float.IsFinite)) is > 0 and var unanswered)
        {
            warn([$"The model gives rows no finite score, as some models do with missing values; they are not attacked ({unanswered} of {results.Count} rows in the first batch that had some)."]);
        }

        return [.. results.Select((row, i) => Outcome(row, goal is null && options.Loss.Target == labels[i] && TensorPrimitives.IndexOfMax(row.Scores) == labels[i]))];

        RowGoal? Goal(int row, float[] scores) => goal is not null ? goal(scores[^1]) : TensorPrimitives.IndexOfMax(scores) == labels[row] ? GoalOf(labels[row], options) : null;
    }

    /// <summary>The goal for a row of a class that the model predicts: to leave the class, or to reach the target; null for no goal.</summary>
    public static RowGoal? GoalOf(int predicted, AttackOptions options) => predicted == options.Loss.Target ? null
        : options.Loss.Target is { } target ? RowGoal.Class(target, options.Scores ?? ScoreKind.Logits) : RowGoal.NotClass(predicted, options.Scores ?? ScoreKind.Logits);

    // A row of the target class needs no change.
    private RowOutcome Outcome(TableRow row, bool isOfTarget)
    {
        float[] scores = row.FoundScores ?? row.Scores;
        return new RowOutcome(
            row.Found ?? row.Original, TensorPrimitives.IndexOfMax(scores), row.Found is not null, row.Queries, row.QueriesToFirstSuccess ?? 0,
            (float?)row.Distance?.Of(options.Loss.Norm) ?? (isOfTarget ? 0 : float.NaN)) { Score = scores[^1] };
    }
}

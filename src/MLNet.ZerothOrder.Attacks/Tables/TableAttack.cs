using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>
/// Looks for the smallest feasible changes of a table's rows that reach a goal, such as another predicted class. All rows are searched together, in batches. Results of a row depend on the
/// row, its goal and the options alone.
/// </summary>
public sealed class TableAttack
{
    // In units of the features' spreads. A change must be this large to cross the thresholds of trees.
    private const float UsualSmoothing = 0.3f;

    private readonly IQueryOracle _oracle;
    private readonly FeatureConstraints _constraints;
    private readonly IZerothOrderOptimizer _optimizer;
    private readonly AttackOptions _options;

    /// <param name="oracle">The model. It takes rows as they are, one float per feature.</param>
    /// <param name="constraints">The feasible rows.</param>
    /// <param name="options">
    /// The norm, the weight c, whether labels alone are used, the limits of a row's run, μ in units of the spreads (default: 0.3), the seed. A target class and a ball are the goal's matter.
    /// </param>
    /// <param name="optimizer">The optimizer; null for <see cref="ThresholdSearch"/>.</param>
    /// <exception cref="InputException">The constraints do not fit the model, contradict each other or let no feature change, or the optimizer is for images.</exception>
    public TableAttack(IQueryOracle oracle, FeatureConstraints constraints, AttackOptions? options = null, IZerothOrderOptimizer? optimizer = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(constraints);
        _oracle = oracle;
        _constraints = constraints;
        _optimizer = optimizer ?? new ThresholdSearch();
        _options = options ?? new AttackOptions();
        constraints.Validate();
        if (constraints.Count != oracle.InputLength)
        {
            throw new InputException($"The constraints have {constraints.Count} features, but the model takes rows of {oracle.InputLength} values; give one feature per value.") { Argument = "Constraints" };
        }

        if (Enumerable.Range(0, constraints.Count).All(i => constraints.Slot(i).IsImmutable))
        {
            throw new InputException("The constraints say of every feature that it cannot change, so no row can; let some feature change.") { Argument = "Constraints" };
        }

        if (_options.Loss is { Epsilon: not null } or { Pixels: not null })
        {
            throw new InputException($"{_options.Loss.Threat} is for images; on rows with constraints, give ranges and costs instead.") { Argument = nameof(AttackLoss.Epsilon) };
        }

        if (_options.Loss.TargetChoice is { } choice)
        {
            throw new InputException($"The target class {choice} is chosen for images; on rows with constraints, give a class as Target, or none.") { Argument = nameof(AttackLoss.Target) };
        }

        if (_options.Limits.FlaggedCost is not null)
        {
            throw new InputException("A cost of flagged queries is for images; on rows with constraints, leave FlaggedCost unset.") { Argument = nameof(RunLimits.FlaggedCost) };
        }

        if (_options.Loss.BisectionRounds is not null)
        {
            throw new InputException("A bisection of c is for images; the smallest change of a row is found by threshold-search, without c.") { Argument = nameof(AttackLoss.BisectionRounds) };
        }

        if (_optimizer is ICandidateOptimizer and not ThresholdSearch)
        {
            throw new InputException($"{_optimizer.Name} is a method for images; on rows with constraints, use threshold-search, or an optimizer such as zo-adam.") { Argument = "Optimizer" };
        }
    }

    /// <summary>Attacks rows.</summary>
    /// <param name="rows">The rows, one float per feature.</param>
    /// <param name="goal">The goal of a row, from its index and its own scores; null for a row that is not attacked, such as one that the model gets wrong. A row that reaches its goal already is not attacked either.</param>
    /// <param name="progress">Called after every step of every row; may be null.</param>
    /// <param name="cancellation">Cancels the attack.</param>
    /// <param name="constraintsOf">The constraints of a row, where they differ from the attack's; may be null.</param>
    /// <param name="first">The number of the first row, for messages.</param>
    /// <exception cref="InputException">A row breaks the constraints.</exception>
    /// <exception cref="OracleException">The model failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<TableRow> Run(
        IReadOnlyList<ReadOnlyMemory<float>> rows, Func<int, float[], RowGoal?> goal, Action<EngineProgress>? progress = null, CancellationToken cancellation = default,
        Func<int, FeatureConstraints>? constraintsOf = null, long first = 0)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(goal);
        float[][] own = Score(_oracle, rows, cancellation);
        IReadOnlyList<TableRow> results = Search(
            rows, own, [.. own.Select((scores, i) => IsAnswered(scores) && goal(i, scores) is { } wanted && wanted.Margin(scores) >= 0 ? wanted : null)], new BatchedEngine(_oracle, _options.InFlight, _options.BatchRows), progress, cancellation, constraintsOf, first);
        cancellation.ThrowIfCancellationRequested();
        return results;
    }

    /// <summary>Whether the model gave a row scores: some give none to a row with missing values.</summary>
    internal static bool IsAnswered(float[] scores) => Array.TrueForAll(scores, float.IsFinite);

    /// <summary>The scores of rows; NaN for a row that the model gives none.</summary>
    internal static float[][] Score(IQueryOracle oracle, IReadOnlyList<ReadOnlyMemory<float>> rows, CancellationToken cancellation) =>
        [.. oracle.ScoreRows(rows.Count, (i, input) => rows[i].Span.CopyTo(input), default, failedCalls: 1, out _, cancellation).Chunk(oracle.ScoreLength)];

    /// <summary>Attacks rows whose scores are known. A cancelled attack returns what it found.</summary>
    internal IReadOnlyList<TableRow> Search(
        IReadOnlyList<ReadOnlyMemory<float>> rows, float[][] own, RowGoal?[] goals, BatchedEngine engine, Action<EngineProgress>? progress, CancellationToken cancellation,
        Func<int, FeatureConstraints>? constraintsOf = null, long first = 0, CheckpointKeeper? checkpoint = null)
    {
        var problems = new Problem?[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            FeatureConstraints constraints = constraintsOf?.Invoke(i) ?? _constraints;
            if (constraints.Violation(rows[i].Span) is { } violation)
            {
                throw new InputException($"Row {first + i} breaks the constraints: {violation}; correct the row or the constraints.") { Argument = "Constraints" };
            }

            if (goals[i] is { } wanted)
            {
                var objective = new RowObjective(constraints, rows[i].Span, wanted, _options.Loss.Norm, Math.Max(_options.Loss.DistortionWeight, 1e-9), _options.Loss.LabelsOnly);
                problems[i] = new Problem($"row {first + i}", objective, _optimizer, (float?)_options.Smoothing ?? UsualSmoothing, KeyOf(rows[i].Span), _options.Limits, _oracle.AnswersPerRow);
            }
        }

        Problem[] asked = [.. problems.OfType<Problem>()];
        checkpoint?.Track(asked);
        try
        {
            engine.Run(asked, _options.Limits.Time - (checkpoint?.EarlierTime ?? TimeSpan.Zero), progress, cancellation, checkpoint);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The rows so far are results.
        }

        if (cancellation.IsCancellationRequested)
        {
            checkpoint?.End();
        }

        int[] found = [.. Enumerable.Range(0, rows.Count).Where(i => problems[i]?.BestSolvedInput is not null)];
        float[][] after = Score(_oracle, [.. found.Select(i => problems[i]!.BestSolvedInput!.Value)], default);
        var results = new TableRow[rows.Count];
        for (int i = 0, at = 0; i < rows.Count; i++)
        {
            bool isAsked = at < found.Length && found[at] == i;

            // A model that answers otherwise when it is asked again was not turned.
            bool isFound = isAsked && IsAnswered(after[at]) && goals[i]!.Margin(after[at]) < 0;
            results[i] = new TableRow(
                rows[i], own[i], problems[i] is not null, isFound ? problems[i]!.BestSolvedInput : null, isFound ? after[at] : null,
                isFound ? _constraints.Distance(rows[i].Span, problems[i]!.BestSolvedInput!.Value.Span) : null, problems[i]?.Ledger.Charged ?? 0, isFound ? problems[i]!.QueriesToFirstSolved : null);
            at += isAsked ? 1 : 0;
        }

        return results;
    }

    private RandomKey KeyOf(ReadOnlySpan<float> row)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(row), hash);
        return RandomKey.FromSeed(_options.Seed).Derive(BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>
/// A whole attack on a table: a <see cref="TableAttack"/> with an output folder, a lock on it, checkpoints from which an interrupted run is resumed with the same rows as result, decorators around
/// the oracle, and a result file.
/// </summary>
/// <param name="oracle">The model. The caller disposes it.</param>
/// <param name="data">The rows.</param>
/// <param name="constraints">The feasible rows.</param>
/// <param name="options">The options; <see cref="AttackLoss.Target"/> is the wanted class of a classifier.</param>
/// <param name="optimizer">The method. The caller disposes it.</param>
public sealed class TableSession(IQueryOracle oracle, TableData data, FeatureConstraints constraints, AttackOptions options, NamedOptimizer optimizer)
{
    /// <summary>The output folder; null for a run that only returns its result.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether an interrupted run in <see cref="Folder"/> is resumed; if not, such a folder is refused (default: true).</summary>
    public bool Resume { get; init; } = true;

    /// <summary>Time between two checkpoints (default: 2 s).</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>The decorators around the oracle.</summary>
    public OracleOptions Around { get; init; } = new();

    /// <summary>For a regression: what is wanted, from the prediction of a row; null for a classifier.</summary>
    public Func<float, RowGoal>? Goal { get; init; }

    /// <summary>What counts as a success, in words, such as <c>another class</c>. It is compared when a run is resumed.</summary>
    public string GoalText { get; init; } = "another class";

    /// <summary>The model for the result; null for its lengths alone.</summary>
    public AttackedModel? Model { get; init; }

    /// <summary>The command line in the result; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>The arguments with which the caller can create an interrupted session again.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The clock of waits and timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Runs the attack, or resumes the interrupted run in <see cref="Folder"/>.</summary>
    /// <param name="progress">Called after every step of every row, on the engine's threads, one call at a time.</param>
    /// <param name="cancellation">Interrupts the run. Its checkpoint and a partial result are written.</param>
    /// <exception cref="InputException">Rows, constraints, optimizer or folder cannot be used. A folder that the session created is removed.</exception>
    /// <exception cref="OracleException">The model failed. A partial result is written, and the run can be resumed.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public TableResult Run(Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        // Throws for options that do not fit before anything is written.
        _ = new TableAttack(oracle, constraints, options, optimizer.Optimizer);
        if (Folder is null)
        {
            using var stack = new OracleStack(new CountedOracle(oracle, _ => { }), Around, (_, _) => { }, time: Time, cancellation: cancellation);
            return Run(stack.Oracle, null, progress, stack.Ends);
        }

        var files = ResultFolder.Create(Folder);
        using var folder = new RunFolder(Folder, Resume);
        try
        {
            CheckpointKeeper keeper = folder.Keep(Identity(), Arguments, CheckpointEvery, (int)data.Queries, Around.Answers ?? 1);
            using var stack = new OracleStack(new CountedOracle(oracle, _ => { }), Around, folder.Count, folder.From is not null, Time, cancellation);
            try
            {
                TableResult result = Run(stack.Oracle, keeper, progress, stack.Ends);
                files.Write(result);
                if (!result.Partial)
                {
                    folder.Remove();
                }

                return stack.Failure is { } unwritten ? throw new IOException(unwritten.Message, unwritten) : keeper.Failure is { } unkept ? throw new IOException(unkept.Message, unkept) : result;
            }
            catch (Exception e) when (e is OracleException or OperationCanceledException)
            {
                keeper.Write();
                folder.RemoveIfEmpty();
                files.Write(Describe([], [], null, 0, new AttackTiming(0, 0, 0)) with { Partial = true, Failure = e as OracleException });
                throw;
            }
        }
        catch (InputException) when (folder.From is null)
        {
            folder.Remove();
            files.DeleteIfUnused();
            throw;
        }
    }

    private TableResult Run(IQueryOracle asked, CheckpointKeeper? keeper, Action<AttackProgress>? progress, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        var engine = new BatchedEngine(asked, options.InFlight, options.BatchRows);
        float[][] own = TableAttack.Score(keeper?.Log(asked, () => engine.OracleTime) ?? asked, data.Rows, cancellation);
        bool isClassifier = Goal is null;
        ScoreKind kind = isClassifier ? oracle.KindOf([.. own.Where(TableAttack.IsAnswered).SelectMany(scores => scores)], options.Scores) : ScoreKind.Logits;
        AttackOptions scored = options with { Scores = kind };
        List<string> warnings = [.. data.Warnings];
        var skipped = new List<SkippedRow>();
        var goals = new RowGoal?[own.Length];
        int right = 0, answered = 0, left = options.Count ?? int.MaxValue;
        for (int i = 0; i < own.Length; i++)
        {
            int predicted = TensorPrimitives.IndexOfMax<float>(own[i]);
            bool isAnswered = TableAttack.IsAnswered(own[i]), isRight = !isClassifier || data.Labels is null || data.Labels[i] == predicted;
            answered += isAnswered ? 1 : 0;
            right += isAnswered && isRight ? 1 : 0;
            RowGoal? goal = !isAnswered ? null : Goal is not null ? Goal(own[i][^1])
                : options.Loss.Target is { } target ? predicted == target ? null : RowGoal.Class(target, kind) : RowGoal.NotClass(predicted, kind);
            string? reason = !isAnswered ? "the model gives it no finite score, as some models do with missing values"
                : !isRight ? $"the model takes it for {NameOf(predicted)}, not {NameOf(data.Labels![i])}"
                : goal is null ? $"it is of the wanted class {NameOf(predicted)} already"
                : goal.Margin(own[i]) < 0 ? "it reaches the goal already" : null;
            goals[i] = reason is null && left > 0 ? goal : null;
            left -= goals[i] is null ? 0 : 1;
            if (reason is not null)
            {
                skipped.Add(new SkippedRow(i + 1, reason));
            }
        }

        if (Array.TrueForAll(goals, goal => goal is null))
        {
            string why = skipped.Count == 0 ? "it has no rows" : string.Join("; ", skipped.GroupBy(row => row.Reason).OrderByDescending(group => group.Count()).Take(3).Select(group => $"of {group.Count()}, {group.Key}"));
            throw new InputException($"None of the {own.Length} rows of {data.Name} can be attacked ({why}); check the label column and the goal.") { Argument = "Label" };
        }

        if (isClassifier && data.Labels is { } labels && labels.GroupBy(label => label).Max(group => group.Count()) is var most && right <= most)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture, $"The model is right about {right} of {own.Length} rows, no more than if it always answered the most frequent class; check the label column and the order of the features."));
        }

        IReadOnlyList<TableRow> rows = new TableAttack(asked, constraints, scored, optimizer.Optimizer).Search(
            data.Rows, own, goals, engine, progress is null ? null : state => progress(new AttackProgress(optimizer.Name.Typed, 0, 1, state)), cancellation, first: 1, checkpoint: keeper);
        TableOutcome[] outcomes = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].IsAttacked).Select(i => Outcome(i, rows[i]))];
        double seconds = ((keeper?.EarlierTime ?? TimeSpan.Zero) + Stopwatch.GetElapsedTime(start)).TotalSeconds;
        var timing = new AttackTiming(seconds, (engine.OracleTime + (keeper?.EarlierOracleTime ?? TimeSpan.Zero)).TotalSeconds, outcomes.Sum(row => row.Queries) / seconds);
        return Describe(outcomes, skipped, isClassifier && data.Labels is not null && answered > 0 ? (double)right / answered : null, data.Queries + own.Length + outcomes.Count(row => row.Success), timing) with
        {
            Partial = cancellation.IsCancellationRequested,
            Warnings = warnings,
            Settings = Settings(scored),
            Model = (Model ?? AttackedModel.Of(oracle, kind)) with { Output = isClassifier ? ScoreKinds.Name(kind) : "a number", ClassNames = isClassifier ? data.ClassNames : null },
        };
    }

    private string NameOf(int label) => data.ClassNames is { } names && label >= 0 && label < names.Count ? names[label] : label.ToString(CultureInfo.InvariantCulture);

    private TableOutcome Outcome(int index, TableRow row)
    {
        bool isClassifier = Goal is null;
        return new TableOutcome(
            index + 1, isClassifier ? data.Labels?[index] ?? TensorPrimitives.IndexOfMax<float>(row.Scores) : -1, row.Found is not null, Text(row.Scores), row.FoundScores is null || row.Found is null ? null : Text(row.FoundScores),
            row.Found is { } found ? constraints.Describe(row.Original.Span, found.Span) : null, row.Distance?.Changed, row.Distance?.L1, row.Queries, row.QueriesToFirstSuccess,
            row.Original.ToArray(), row.Found?.ToArray());

        string Text(float[] scores) => isClassifier ? NameOf(TensorPrimitives.IndexOfMax<float>(scores)) : scores[^1].ToString("G6", CultureInfo.InvariantCulture);
    }

    private TableResult Describe(IReadOnlyList<TableOutcome> rows, IReadOnlyList<SkippedRow> skipped, double? accuracy, long overhead, AttackTiming timing) => new()
    {
        Command = Command,
        Partial = true,
        Warnings = data.Warnings,
        Seed = options.Seed,
        Model = Model ?? AttackedModel.Of(oracle, options.Scores ?? ScoreKind.Logits),
        Table = data.Name,
        Goal = GoalText,
        LabelsPredicted = Goal is null && data.Labels is null,
        Optimizer = optimizer.Name.Typed,
        Settings = Settings(options),
        Features = [.. Enumerable.Range(0, constraints.Count).Select(feature => Feature(feature, rows))],
        Constraints = constraints.ToJson(),
        Summary = TableSummary.From(rows, accuracy),
        Rows = rows,
        Skipped = skipped,
        OverheadQueries = overhead,
        Timing = timing,
    };

    private TableFeature Feature(int feature, IReadOnlyList<TableOutcome> rows)
    {
        (float From, float To, double Cost)[] changes =
        [
            .. rows.Where(row => row.Adversarial is { } found && found[feature] != row.Original[feature] && !float.IsNaN(row.Original[feature])).Select(row =>
            {
                float[] original = [.. row.Original], alone = [.. row.Original];
                alone[feature] = row.Adversarial![feature];
                return (original[feature], alone[feature], constraints.Distance(original, alone).L1);
            }),
        ];
        FeatureRule rule = constraints.Slot(feature);
        bool isCategory = rule.CategoryNames is not null;
        return new TableFeature(
            rule.Name, constraints.Describe(feature), changes.Length, isCategory ? 0 : changes.Count(change => change.To > change.From),
            isCategory ? null : Quantiles.Of(changes.Select(change => Math.Abs((double)change.To - change.From)))?.P50, Quantiles.Of(changes.Select(change => change.Cost))?.P50) { Categories = rule.CategoryNames };
    }

    private RunSettings Settings(AttackOptions scored) => optimizer.Settings.In(RunSettings.Of(optimizer.Optimizer, scored with { Levels = null }, (float)(options.Smoothing ?? 0), "", Around.Answers ?? 1));

    // Everything that determines the numbers.
    private RunIdentity Identity()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < data.Rows.Count; i++)
        {
            hash.AppendData(MemoryMarshal.AsBytes(data.Rows[i].Span));
            hash.AppendData(BitConverter.GetBytes(data.Labels?[i] ?? -1));
        }

        var identity = new RunIdentity
        {
            { "version", AttackResult.LibraryVersion },
            { "rows", $"SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())}" },
            { "model", Model is { Sha256.Length: > 0 } file ? $"SHA-256 {file.Sha256}" : $"{oracle.InputLength} values, {oracle.ScoreLength} scores" },
            { "constraints", constraints.ToJson() },
            { "goal", GoalText },
            { "seed", options.Seed },
            { "count", options.Count },
        };
        if (Around.Defence is { } defence)
        {
            identity.Add("defence", $"{defence}");
        }

        foreach ((string name, string text) in Settings(options).ToText().Where(setting => setting.Name is not ("file" or "prior")))
        {
            identity.Add($"{optimizer.Name.Typed} {name}", text.Length > 0 ? text : "none");
        }

        return identity;
    }
}

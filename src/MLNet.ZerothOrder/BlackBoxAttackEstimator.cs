using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder;

/// <summary>
/// Fits a <see cref="BlackBoxAttackTransformer"/>: opens the classifier, determines the kind of its scores and μ, and trains the optimizer on
/// the rows if <see cref="BlackBoxAttackOptions.Training"/> says so. Created by <see cref="ZerothOrderCatalog.BlackBoxAttack"/>.
/// </summary>
public sealed class BlackBoxAttackEstimator : IEstimator<BlackBoxAttackTransformer>
{
    // Enough rows to distinguish logits from probabilities.
    private const int LookedAt = 64;

    // In parts of the range of a value.
    private const float SmallStep = 1e-4f;

    private readonly MLContext _context;
    private readonly BlackBoxAttackOptions _options;
    private readonly BlackBoxTarget _target;
    private readonly OptimizerSource _optimizer;

    internal BlackBoxAttackEstimator(MLContext context, BlackBoxAttackOptions options)
    {
        _context = context;
        _options = options;
        _target = (options.Target, options.ModelPath) switch
        {
            ({ } target, null) => target,
            (null, { } path) => new OnnxTarget(path, null, null),
            (null, null) => throw new InputException("There is no classifier to attack; give ModelPath or Target."),
            _ => throw new InputException($"Both ModelPath '{options.ModelPath}' and Target are given; give one classifier."),
        };
        AttackOptions attack = options.Attack;
        string? useless = attack.Count is not null ? nameof(attack.Count) : attack.Trials != 1 ? nameof(attack.Trials) : attack.Limits.Time is not null ? "Limits.Time" : null;
        if (useless is not null)
        {
            throw new InputException($"Attack.{useless} has no effect on a stream of rows; leave it unset (TakeRows limits the rows, Limits.Budget the queries of each row).");
        }

        if (attack.Loss is { Target: not null, TargetChoice: not null })
        {
            throw new InputException("Attack.Loss has both a Target and a TargetChoice; leave one of them unset.");
        }

        if (options.Training != AttackTraining.None && attack.Loss.TargetChoice is { } choice)
        {
            throw new InputException($"Training has one target class or none, but Attack.Loss.TargetChoice is {choice}; leave one of the two unset.");
        }

        if (!(float.IsFinite(options.Minimum) && float.IsFinite(options.Maximum) && options.Minimum < options.Maximum))
        {
            throw new InputException($"Minimum {options.Minimum} and Maximum {options.Maximum} are not a range; give a Minimum below Maximum.");
        }

        if (options.Goal is not null && options.Constraints is null && options.InputColumnNames is null)
        {
            throw new InputException("Goal is for rows with constraints; give Constraints or InputColumnNames.");
        }

        if (options.InputColumnNames is { Count: 0 })
        {
            throw new InputException("InputColumnNames names no column; name those that may change, or leave it unset.");
        }

        _optimizer = OptimizerSource.Of(options);
        if (options.Training != AttackTraining.None && HasTable)
        {
            throw new InputException("Training is for images and vectors without constraints; leave Training unset.");
        }

        if (attack.Loss is { LabelsOnly: true, IsTargeted: true } && !HasTable)
        {
            throw new InputException("A targeted attack by labels starts from another row, of the target class, so the result of a row would depend on the rows beside it; leave Attack.Loss.LabelsOnly or the target unset.");
        }

        if (options.Training != AttackTraining.None && _optimizer.File is null)
        {
            throw new InputException($"Optimizer '{options.Optimizer}' is hand-designed and cannot learn; name a learned one such as {BundledOptimizers.Names[^1]}, or leave Training unset.");
        }
    }

    // Rows with constraints, or an optimizer that needs some.
    private bool HasTable => _options.Constraints is not null || _options.InputColumnNames is not null || _optimizer.IsOfTables;

    /// <summary>The schema with the added columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (_options.InputColumnNames is { } names)
        {
            SchemaShape columns = inputSchema;
            foreach (string name in names)
            {
                columns = _context.Transforms.CopyColumns(AttackColumns.OfColumn(name), Column("input", name).Name).GetOutputSchema(columns);
            }

            return WithOutcome(columns);
        }

        SchemaShape.Column input = Column("input", _options.InputColumnName);
        bool isVector = input.Kind == SchemaShape.Column.VectorKind.Vector && input.ItemType == NumberDataViewType.Single;
        if (!isVector && _target is not TransformerTarget)
        {
            throw Mismatch.Of("input", input.Name, "a known-size vector of Single", $"{input.Kind} of {input.ItemType}");
        }

        // Only ML.NET's own estimators can create the shape of a column.
        return WithOutcome(isVector ? _context.Transforms.CopyColumns(AttackColumns.Adversarial, input.Name).GetOutputSchema(inputSchema) : ImageStages.AddTo(_context, inputSchema, input));

        SchemaShape WithOutcome(SchemaShape shape)
        {
            if (_options.Goal is not null)
            {
                return _context.Transforms.CustomMapping<NoColumns, AddedToNumber>((_, _) => { }, null).GetOutputSchema(shape);
            }

            SchemaShape.Column label = Column("label", _options.LabelColumnName);
            ThrowUnlessLabel(label);
            return _context.Transforms.CustomMapping<NoColumns, Added>((_, _) => { }, null)
                .GetOutputSchema(_context.Transforms.CopyColumns(AttackColumns.AdversarialLabel, label.Name).GetOutputSchema(shape));
        }

        SchemaShape.Column Column(string role, string name) => inputSchema.FirstOrDefault(c => c.Name == name) is { Name: not null } column
            ? column : throw new ArgumentOutOfRangeException(
                nameof(inputSchema), $"Could not find {role} column '{name}'; the columns are {string.Join(", ", inputSchema.Select(c => c.Name))}");
    }

    private static void ThrowUnlessLabel(SchemaShape.Column label)
    {
        if (label.Kind != SchemaShape.Column.VectorKind.Scalar
            || !(label.IsKey ? label.ItemType == NumberDataViewType.UInt32
                : label.ItemType == NumberDataViewType.Int32 || label.ItemType == NumberDataViewType.UInt32
                    || label.ItemType == BooleanDataViewType.Instance || label.ItemType == TextDataViewType.Instance))
        {
            throw Mismatch.Of("label", label.Name, "Key<UInt32>, Int32, UInt32, Boolean or String", $"{label.Kind} of {label.ItemType}");
        }
    }

    /// <summary>Opens the classifier and, if the options say so, trains the optimizer.</summary>
    /// <param name="input">The rows. Without training, only the first few are read, to determine the kind of scores.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InputException">The classifier, the optimizer, a label or a value cannot be used.</exception>
    /// <exception cref="OracleException">The classifier failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public BlackBoxAttackTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _options.Cancellation.ThrowIfCancellationRequested();
        if (HasTable)
        {
            return FitTable(input, _options.Constraints, _optimizer);
        }

        (OpenTarget target, Rows rows) = Open(input, _options.Attack.Scores);
        try
        {
            IReadOnlyList<string> names = ClassNames(target);
            var labelType = LabelType.Of(rows.Label);
            var labels = new ClassLabels(labelType, rows.Label.Name, names);
            bool learns = _options.Training != AttackTraining.None;
            if (IsAutomatic && target.Oracle is TransformerOracle && Read(rows, labels, new RowAttack(target, _optimizer.Create(), _options.Attack, rows.Minimum, rows.Maximum), LookedAt) is { } looked && IsFlat(target.Oracle, looked))
            {
                target.Oracle.Dispose();
                Log(["The model's scores stay the same for small changes, as those of trees do, so threshold-search attacks it; give Constraints so that rows stay realistic, or name another Optimizer."]);
                return FitTable(rows.View, Box(rows.View), OptimizerSource.Of(_options with { Optimizer = "threshold-search" }));
            }

            IZerothOrderOptimizer optimizer = _optimizer.Create();
            var attack = new RowAttack(target, optimizer, _options.Attack, rows.Minimum, rows.Maximum);
            bool needsRows = learns || _options.Attack.Scores is null || (_options.Attack.Smoothing is null && optimizer.Smoothing is null);
            bool chooses = _options.Attack.Smoothing is null || _options.Attack.Loss.HasDefaultWeight;
            ImageSet? images = needsRows || chooses ? Read(rows, labels, attack, learns ? 2 * _options.TrainingRows : LookedAt) : null;
            if (images is null && needsRows)
            {
                throw new InputException("Fit got no rows, but it needs some to determine the kind of the classifier's scores; give rows, or set Attack.Scores and Attack.Smoothing.");
            }

            CorrectImages? correct = images is null ? null
                : CorrectImages.Find(target.Oracle, images, learns ? _options.TrainingRows : null, _options.Attack.Loss.Target, cancellation: _options.Cancellation);
            ScoreKind kind = target.Oracle.KindOf([], _options.Attack.Scores ?? correct!.Scores);
            AttackLoss loss = _options.Attack.Loss with { Scores = kind };
            OptimizerSource source = learns ? Learn(target, correct!, loss) : _optimizer;

            // Without rows there is nothing to choose by: the optimizer's μ and the default c stay.
            AttackOptions options = _options.Attack with { Scores = kind, Loss = loss with { DistortionWeight = loss.DistortionWeight }, Smoothing = _options.Attack.Smoothing ?? optimizer.Smoothing };
            if (chooses && images is not null)
            {
                IEnumerable<int> near = correct!.Indices.Count > 0 ? correct.Indices : Enumerable.Range(0, images.Count).Where(i => images.Label(i) != loss.Target);
                var own = new BlackBoxAttack(target.Oracle, optimizer, _options.Attack);
                AttackObjective[] objectives = [.. near.Select(i => own.ObjectiveOf(correct, i, kind))];
                var scale = RunScale.Choose(target.Oracle, [source.Create()], objectives, _options.Attack with { Loss = loss, FailedCalls = 0 }, _options.Cancellation);
                Log(scale.Notes);
                options = options with { Smoothing = scale.Smoothings[0].Smoothing, Loss = loss with { DistortionWeight = scale.Weight } };
            }

            var state = new AttackState
            {
                InputColumnName = _options.InputColumnName,
                LabelColumnName = rows.Label.Name,
                Label = labelType,
                Dimension = target.Shape.Length,
                ClassNames = names,
                Optimizer = source,
                Attack = options,
                Minimum = rows.Minimum,
                Maximum = rows.Maximum,
                LookAhead = _options.LookAhead,
            };
            return new BlackBoxAttackTransformer(_context, state, target, _options.Progress, _options.Cancellation);
        }
        catch
        {
            target.Oracle.Dispose();
            throw;
        }
    }

    /// <summary>Audits the classifier on all rows.</summary>
    internal AuditResult Audit(IDataView input, AuditOptions audit)
    {
        var unset = new BlackBoxAttackOptions();
        if (_options with { Attack = unset.Attack, Optimizer = unset.Optimizer, Settings = null, Directions = null, Training = unset.Training } != _options)
        {
            throw new InputException("An audit has methods of its own, so Attack, Optimizer, Settings, Directions and Training have no effect on it; leave them unset.");
        }

        if (HasTable || _options.Goal is not null)
        {
            throw new InputException("An audit is of images and vectors in balls; leave Constraints, InputColumnNames and Goal unset.");
        }

        (OpenTarget target, Rows rows) = Open(input, audit.Scores);
        using IQueryOracle oracle = target.Oracle;
        var attack = new RowAttack(target, _optimizer.Create(), _options.Attack, rows.Minimum, rows.Maximum);
        ImageSet images = Read(rows, new ClassLabels(LabelType.Of(rows.Label), rows.Label.Name, ClassNames(target)), attack, int.MaxValue)
            ?? throw new InputException("There are no rows to audit; give at least one.");
        AuditResult result = new AuditSession(oracle, images, audit).Run(_options.Progress, _options.Cancellation);
        return result.Failure is { } failure ? throw failure : result.Partial ? throw new OperationCanceledException(_options.Cancellation) : result;
    }

    // The classifier, and the rows with the column that it reads.
    private (OpenTarget Target, Rows Rows) Open(IDataView input, ScoreKind? scores)
    {
        _options.Cancellation.ThrowIfCancellationRequested();
        DataViewSchema.Column pixels = Mismatch.Column(input.Schema, "input", _options.InputColumnName);
        DataViewSchema.Column label = Mismatch.Column(input.Schema, "label", _options.LabelColumnName);
        LabelType.Of(label);
        if (AttackColumns.VectorSize(pixels) is > 0 and var dimension)
        {
            return (_target.Open(_context, dimension, _options.Minimum, _options.Maximum, scores), new Rows(input, pixels, label, _options.Minimum, _options.Maximum));
        }

        ImageStages images = _target.Images(_context, input.Schema, pixels.Name);
        OpenTarget target = _target.Open(_context, images, scores);
        input = images.Before.Transform(input);
        Log(images.Resizes ? ["ResizeImages takes the nearest pixel and averages nothing, so scores may differ from those of a model's training, which resizes smoothly."] : []);
        return (target, new Rows(input, input.Schema[images.PixelColumn], input.Schema[label.Name], images.Minimum, images.Maximum));
    }

    private bool IsAutomatic => _options is { Optimizer: BlackBoxAttackOptions.Automatic, Training: AttackTraining.None, Attack: { Smoothing: null, Loss.IsMinimalDistortion: true } };

    // The scores of the rows that the model gives finite ones.
    private static float[] Answers(IQueryOracle oracle, List<float[]> rows)
    {
        float[] scores = oracle.ScoreRows(rows.Count, (row, to) => rows[row].CopyTo(to), default, failedCalls: 1, out _, default);
        return [.. scores.Chunk(oracle.ScoreLength).Where(row => Array.TrueForAll(row, float.IsFinite)).SelectMany(row => row)];
    }

    // Each value in the range of the column.
    private FeatureConstraints Box(IDataView input)
    {
        var constraints = new FeatureConstraints(TableColumns.FeatureNames(Mismatch.Column(input.Schema, "input", _options.InputColumnName)));
        for (int i = 0; i < constraints.Count; i++)
        {
            constraints.Slot(i).Range(_options.Minimum, _options.Maximum);
        }

        return constraints;
    }

    // Whether no small random step from any of the rows changes a score.
    private static bool IsFlat(IQueryOracle oracle, ImageSet rows)
    {
        float[] at = oracle.ScoreRows(rows.Count, (row, input) => rows.Image(row).Span.CopyTo(input));
        float[] near = oracle.ScoreRows(rows.Count, (row, input) =>
        {
            CounterRandom.Normals(RandomKey.FromSeed(row), input);
            for (int i = 0; i < input.Length; i++)
            {
                input[i] = Math.Clamp(rows.Image(row).Span[i] + (SmallStep * input[i]), 0, 1);
            }
        });
        return at.AsSpan().SequenceEqual(near);
    }

    private BlackBoxAttackTransformer FitTable(IDataView input, FeatureConstraints? given, OptimizerSource source)
    {
        IReadOnlyList<string> columns = _options.InputColumnNames ?? [_options.InputColumnName];
        FeatureConstraints constraints = given ?? (_options.InputColumnNames is null ? Box(input) : FeatureConstraints.Learn(input, columns));
        if (given is null && _options.InputColumnNames is not null)
        {
            Log([$"Constraints were learned from the rows: {string.Join("; ", constraints.ToString().Trim().Split(Environment.NewLine))}"]);
        }

        var table = TableColumns.Of(input.Schema, columns, constraints);
        DataViewSchema.Column? label = _options.Goal is null ? Mismatch.Column(input.Schema, "label", _options.LabelColumnName) : input.Schema.GetColumnOrNull(_options.LabelColumnName);
        LabelType? labelType = _options.Goal is null ? LabelType.Of(label!.Value) : null;
        OpenTarget target = _options.InputColumnNames is null
            ? _target.Open(_context, table.Count, 0, 1, _options.Attack.Scores) : _target.Open(table, label, _options.Attack.Scores);
        try
        {
            IReadOnlyList<string> names = ClassNames(target);
            _ = labelType is null ? null : new ClassLabels(labelType, _options.LabelColumnName, names);
            List<float[]> rows = [];
            using (DataViewRowCursor cursor = input.GetRowCursor(table.Columns))
            {
                Action<float[]> read = table.Reader(cursor);
                while (rows.Count < LookedAt && cursor.MoveNext())
                {
                    rows.Add(new float[table.Count]);
                    read(rows[^1]);
                }
            }

            if (rows.Count == 0 && _options.Attack.Scores is null)
            {
                throw new InputException("Fit got no rows, but it needs some to determine the kind of the classifier's scores; give rows, or set Attack.Scores.");
            }

            AttackOptions attack = _options.Attack with { Scores = target.Oracle.KindOf(_options.Attack.Scores is null ? Answers(target.Oracle, rows) : [], _options.Attack.Scores) };

            // Throws for options and an optimizer that do not fit rows.
            _ = new TableAttack(target.Oracle, constraints, attack, source.Create());
            if (source.IsOfTables && _options.Optimizer == BlackBoxAttackOptions.Automatic && given == _options.Constraints)
            {
                Log(["The rows have constraints, so threshold-search attacks them; it needs no slopes."]);
            }

            var state = new AttackState
            {
                InputColumnName = _options.InputColumnName,
                InputColumnNames = _options.InputColumnNames,
                LabelColumnName = _options.LabelColumnName,
                Label = labelType,
                Dimension = table.Count,
                ClassNames = names,
                Optimizer = source,
                Attack = attack,
                Minimum = _options.Minimum,
                Maximum = _options.Maximum,
                LookAhead = _options.LookAhead,
                Constraints = constraints.ToJson(),
                Goal = _options.Goal,
            };
            return new BlackBoxAttackTransformer(_context, state, target, _options.Progress, _options.Cancellation);
        }
        catch
        {
            target.Oracle.Dispose();
            throw;
        }
    }

    private void Log(IReadOnlyList<string> notes)
    {
        using IChannel channel = ((IHostEnvironment)_context).Start(nameof(BlackBoxAttackEstimator));
        foreach (string note in notes)
        {
            channel.Info(MessageSensitivity.None, note);
        }
    }

    private IReadOnlyList<string> ClassNames(OpenTarget target)
    {
        int classes = target.Oracle.ScoreLength;
        IReadOnlyList<string> names = _options.ClassNames ?? target.ClassNames ?? [.. Enumerable.Range(0, classes).Select(i => $"{i}")];
        return names.Count == classes ? names : throw new InputException(
            $"{names.Count} class names are given, but {target.Model} has {classes} classes; give one name per class, in the order of the scores.");
    }

    private ImageSet? Read(Rows rows, ClassLabels labels, RowAttack attack, int most)
    {
        var values = new List<float>();
        var classes = new List<int>();
        using DataViewRowCursor cursor = rows.View.GetRowCursor([rows.Pixels, rows.Label]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(rows.Pixels);
        Func<int> reader = labels.Reader(cursor, rows.Label);
        VBuffer<float> buffer = default;
        while (classes.Count < most && cursor.MoveNext())
        {
            _options.Cancellation.ThrowIfCancellationRequested();
            getter(ref buffer);
            values.AddRange(buffer.DenseValues());
            classes.Add(reader());
        }

        return classes.Count > 0 ? attack.Images([.. values], [.. classes], 0) : null;
    }

    private sealed record Rows(IDataView View, DataViewSchema.Column Pixels, DataViewSchema.Column Label, float Minimum, float Maximum);

    private OptimizerSource Learn(OpenTarget target, CorrectImages correct, AttackLoss loss)
    {
        LearnedModel model = _optimizer.Model!;
        (TrainingProblem[] problems, TrainingProblem[] validation) = TrainingProblem.Split(correct, target.Oracle.ScoreLength, loss);
        TrainerOptions trainer = _options.Trainer with { Seed = _options.Attack.Seed, Smoothing = model.Smoothing ?? _options.Trainer.Smoothing };
        var training = new OptimizerTraining(
            target.Oracle,
            problems,
            validation,
            model.Kind == LearnedKind.Proximal ? TrainingStage.Proximal : model.Query is null ? TrainingStage.Update : TrainingStage.Both,
            model.Hidden,
            _options.Directions ?? model.Directions,
            trainer,
            trainer,
            _options.Training == AttackTraining.FineTune ? model : null,
            kind: model.Kind);
        using IChannel channel = ((IHostEnvironment)_context).Start(nameof(BlackBoxAttackEstimator));
        LearnedModel learned = training.Run(
            (stage, state) => channel.Info(MessageSensitivity.None, $"{stage}: {state.Done} of {state.Problems} problems, validation loss {state.ValidationLoss:G4}, {state.Queries} queries"),
            cancellation: _options.Cancellation);
        learned = learned with { TrainedOn = $"{problems.Length} rows of a data view, {validation.Length} more for validation, {target.Model}" };
        return _optimizer with { File = OptimizerFile.ToBytes(learned) };
    }

    private sealed class AddedToNumber
    {
        public float AdversarialScore { get; set; }

        public bool Success { get; set; }

        public long Queries { get; set; }

        public long QueriesToSuccess { get; set; }

        public float Distortion { get; set; }
    }

    private sealed class Added
    {
        public bool Success { get; set; }

        public long Queries { get; set; }

        public long QueriesToSuccess { get; set; }

        public float Distortion { get; set; }
    }
}

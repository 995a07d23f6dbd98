using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.ZerothOrder;

/// <summary>
/// Adds an adversarial example to each row: <c>Adversarial</c> (of the input column's type), <c>AdversarialLabel</c> (its predicted class, of the
/// label column's type), <c>Success</c>, <c>Queries</c> (charged queries; 0 for a row that the classifier misclassifies or that is of the target class, which is not
/// attacked), <c>QueriesToSuccess</c> (0 without success) and <c>Distortion</c> (NaN without success; 0 for a row of the target class). Without success,
/// <c>Adversarial</c> is the original row. An attack on several columns adds one column for each of them, such as <c>Adversarial.Age</c>, and a regression gives <c>AdversarialScore</c> in place of a label. The results of a row depend only on the row, its label and the options.
/// Thread-safe.
/// </summary>
public sealed class BlackBoxAttackTransformer : ITransformer, IDisposable
{
    private readonly MLContext _context;
    private readonly AttackState _state;
    private readonly OpenTarget _target;
    private readonly IRowAttack _attack;
    private readonly Action<AttackProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly List<string> _warnings = [];
    private readonly int _ofModel;

    internal BlackBoxAttackTransformer(
        MLContext context, AttackState state, OpenTarget target, Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        _context = context;
        _state = state;
        _target = target;
        _attack = state.Constraints is { } constraints
            ? new TableRowAttack(target.Oracle, FeatureConstraints.Parse(constraints), state.Optimizer.Create(), state.Attack, state.Goal)
            : new RowAttack(target, state.Optimizer.Create(), state.Attack with { AllowNoCorrect = true }, state.Minimum, state.Maximum);
        _progress = progress;
        _cancellation = cancellation;
        if (target.Oracle is OnnxClassifierOracle { Info.Warnings: { Count: > 0 } warnings })
        {
            Warn(warnings);
            _ofModel = _warnings.Count;
        }
    }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <summary>The learned optimizer of the attack, trained by Fit if so asked; null for a hand-designed one. <see cref="OptimizerFile.Write"/> saves it.</summary>
    public LearnedModel? Optimizer => _state.Optimizer.Model;

    /// <summary>What rows can be, as given or learned by Fit; null without constraints.</summary>
    public FeatureConstraints? Constraints => _state.Constraints is { } constraints ? FeatureConstraints.Parse(constraints) : null;

    /// <summary>The options of the attack, with the kind of scores and μ that Fit determined.</summary>
    public AttackOptions Attack => _state.Attack;

    /// <summary>
    /// What makes the added columns doubtful, as <see cref="AttackResult.Warnings"/>: what is not guaranteed for the classifier, and, once rows are read, the
    /// attacks that had nothing to follow. Each is also sent once to the context's log, as a warning; counts are of the first rows it was seen on.
    /// </summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings)
            {
                return [.. _warnings];
            }
        }
    }

    internal int Dimension => _state.Dimension;

    internal int? LookAhead => _state.LookAhead;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Columns(inputSchema).Output;

    /// <summary>The rows with the added columns. Rows are attacked when they are read, many at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new AttackView(input, Columns(input.Schema), this);
    }

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new AttackRowMapper(Columns(inputSchema), this);

    /// <summary>Closes the classifier.</summary>
    public void Dispose() => _target.Oracle.Dispose();

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        if (_state.Goal is not null)
        {
            throw new InputException("An attack with a Goal cannot be saved, because the goal is code; save the model and the constraints (FeatureConstraints.ToJson), and fit the attack again.");
        }

        SavedAttack.Chain(_context, _state with { Target = _target.Save() }, _target.Images).Save(ctx);
    }

    internal RowOutcome[] Run(float[] rows, int[] labels, long first) => _attack.Run(rows, labels, first, _progress, Warn, _cancellation);

    // Rows come in parts, whose warnings differ in their counts: those of the first part stand for all.
    private void Warn(IReadOnlyList<string> warnings)
    {
        lock (_warnings)
        {
            if (_warnings.Count > _ofModel)
            {
                return;
            }

            string[] news = [.. warnings.Except(_warnings)];
            _warnings.AddRange(news);
            using IChannel channel = ((IHostEnvironment)_context).Start(nameof(BlackBoxAttackTransformer));
            foreach (string warning in news)
            {
                channel.Warning(MessageSensitivity.None, warning);
            }
        }
    }

    private AttackColumns Columns(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new AttackColumns(inputSchema, _state, _target.Images);
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Adds to each row its adversarial example: <c>Adversarial</c> (of the input column's type), <c>AdversarialLabel</c> (the class that the
/// classifier gives it, of the label column's type), <c>Success</c>, <c>Queries</c> (charged; 0 where the classifier is wrong on the row
/// itself, which is then not attacked), <c>QueriesToSuccess</c> (0 without success) and <c>Distortion</c> (NaN without success). Where
/// there is no success, <c>Adversarial</c> is the row as it was. A row's results depend on the row, its label and the options alone.
/// Safe for any number of threads.
/// </summary>
public sealed class BlackBoxAttackTransformer : ITransformer, IDisposable
{
    private readonly MLContext _context;
    private readonly AttackState _state;
    private readonly OpenTarget _target;
    private readonly RowAttack _attack;
    private readonly Action<AttackProgress>? _progress;
    private readonly CancellationToken _cancellation;

    internal BlackBoxAttackTransformer(
        MLContext context, AttackState state, OpenTarget target, Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        _context = context;
        _state = state;
        _target = target;
        _attack = new RowAttack(target, state.Optimizer.Create(), state.Attack with { MayHaveNone = true }, state.Minimum, state.Maximum);
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <summary>The learned optimizer that attacks, such as Fit trained it; null where it is a hand-designed one. <see cref="OptimizerFile.Write"/> makes a file of it.</summary>
    public LearnedModel? Optimizer => _state.Optimizer.Model;

    /// <summary>The attack's options, with what Fit settled: what the scores are, and μ.</summary>
    public AttackOptions Attack => _state.Attack;

    internal int Dimension => _state.Dimension;

    internal int? LookAhead => _state.LookAhead;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Columns(inputSchema).Output;

    /// <summary>The rows with the added columns; they are attacked when they are read, many at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
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
        SavedAttack.Chain(_context, _state with { Target = _target.Save() }).Save(ctx);
    }

    internal RowOutcome[] Run(float[] rows, int[] labels, long first) => _attack.Run(rows, labels, first, _progress, _cancellation);

    private AttackColumns Columns(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new AttackColumns(inputSchema, _state);
    }
}

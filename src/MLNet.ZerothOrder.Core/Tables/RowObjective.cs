namespace MLNet.ZerothOrder;

/// <summary>
/// The attack loss max{margin, 0} + c‖x − x0‖_p on one row x0 of a table. θ is the change in units of each feature's spread. Whatever θ an optimizer chooses, the asked row is a feasible one:
/// <see cref="FeatureConstraints.Project"/> moves it there.
/// </summary>
public sealed class RowObjective : IObjective
{
    private readonly float[] _row;
    private readonly FeatureSpace _space;
    private readonly RowGoal _goal;
    private readonly double _weight;
    private readonly bool _labelsOnly;
    private readonly Lazy<RowMoves> _moves;

    /// <param name="constraints">The feasible rows. Rules that are changed later have no effect.</param>
    /// <param name="row">x0, one float per feature. NaN is a missing value and stays one.</param>
    /// <param name="goal">What is to be reached.</param>
    /// <param name="norm">p of ‖x − x0‖_p (default: ℓ1, the cost of the changes).</param>
    /// <param name="weight">c (default: 0.1).</param>
    /// <param name="labelsOnly">Whether only the sign of the margin is used (default: false).</param>
    /// <exception cref="InputException">The row breaks a rule, or two rules contradict each other.</exception>
    public RowObjective(FeatureConstraints constraints, ReadOnlySpan<float> row, RowGoal goal, DistortionNorm norm = DistortionNorm.L1, double weight = 0.1, bool labelsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        ArgumentNullException.ThrowIfNull(goal);
        if (!(double.IsFinite(weight) && weight > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight c of the distance must be a positive number.");
        }

        if (constraints.Violation(row) is { } violation)
        {
            throw new InputException($"The row breaks the constraints: {violation}; correct the row or the constraints.");
        }

        _row = row.ToArray();
        _space = constraints.Space;
        _goal = goal;
        _weight = weight;
        _labelsOnly = labelsOnly;
        Norm = norm;
        _moves = new Lazy<RowMoves>(() => new RowMoves(_space, _row));
    }

    /// <summary>p of ‖x − x0‖_p.</summary>
    public DistortionNorm Norm { get; }

    /// <inheritdoc/>
    public int Dimension => _row.Length;

    /// <inheritdoc/>
    public int InputLength => _row.Length;

    /// <summary>The moves of single features, for searches.</summary>
    internal RowMoves Moves => _moves.Value;

    /// <summary>Starts at the row itself.</summary>
    /// <inheritdoc/>
    public void Initialize(RandomKey key, Span<float> theta) => theta.Clear();

    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        for (int i = 0; i < theta.Length; i++)
        {
            // 0 is no change, also for a row so large that adding rounds.
            input[i] = theta[i] == 0 ? _row[i] : (float)(_row[i] + (theta[i] / _space.Cost(i)));
        }

        _space.Project(_row, input);
    }

    /// <summary>Keeps θ in the ranges of the features. Steps and categories are left to <see cref="Decode"/>, so that small steps add up.</summary>
    /// <inheritdoc/>
    public void Project(Span<float> theta)
    {
        for (int i = 0; i < theta.Length; i++)
        {
            if (_space.GroupOf(i) < 0 && float.IsFinite(_row[i]))
            {
                double low = ((double)_space.Lowest(i, _row[i]) - _row[i]) * _space.Cost(i), high = ((double)_space.Highest(i, _row[i]) - _row[i]) * _space.Cost(i);
                theta[i] = (float)Math.Clamp(theta[i], low, high);
            }
        }
    }

    /// <inheritdoc/>
    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        double margin = _goal.Margin(scores);
        margin = _labelsOnly ? margin < 0 ? -1 : 1 : margin;
        double loss = Math.Max(margin, 0) + (_weight * _space.Distance(_row, input).Of(Norm));
        return new Evaluation(loss, loss, margin < 0, margin);
    }

    /// <summary>Replaces θ by the change of the row that it decodes to, and measures that change.</summary>
    internal double Settle(Span<float> theta, Span<float> input)
    {
        Decode(theta, input);
        for (int i = 0; i < theta.Length; i++)
        {
            theta[i] = input[i] == _row[i] || float.IsNaN(_row[i]) ? 0 : (float)(((double)input[i] - _row[i]) * _space.Cost(i));
        }

        return _space.Distance(_row, input).Of(Norm);
    }
}

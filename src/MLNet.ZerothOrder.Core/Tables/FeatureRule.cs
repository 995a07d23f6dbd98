namespace MLNet.ZerothOrder;

/// <summary>
/// What may happen to one feature of a row. Without a call, it may take any finite number. Each method returns the same rule, so that calls can be chained:
/// <c>constraints.Slot("Debts").Range(0, 20).Integer().OnlyDecrease()</c>. Rules are checked when the constraints are used.
/// </summary>
public sealed class FeatureRule
{
    private readonly FeatureConstraints _owner;

    internal FeatureRule(FeatureConstraints owner, string name)
    {
        _owner = owner;
        Name = name;
    }

    /// <summary>The name of the feature.</summary>
    public string Name { get; }

    /// <summary>The names of a category's values; null for others.</summary>
    public IReadOnlyList<string>? CategoryNames => Names;

    internal float Minimum { get; private set; } = float.MinValue;

    internal float Maximum { get; private set; } = float.MaxValue;

    /// <summary>The step of the values; 0 for any number.</summary>
    internal float StepSize { get; private set; }

    /// <summary>Whether the feature cannot change.</summary>
    public bool IsImmutable { get; private set; }

    internal bool IsNormalized { get; private set; }

    /// <summary>1 for a feature that may only grow, −1 for one that may only fall, 0 for both.</summary>
    internal int Direction { get; private set; }

    /// <summary>The allowed values of a category; null for a number.</summary>
    internal float[]? Values { get; private set; }

    /// <summary>The names of <see cref="Values"/>, whose values are then 0, 1, 2 …; null without names.</summary>
    internal string[]? Names { get; private set; }

    /// <summary>The cost of a change by 1, or of a change of category; null for the default.</summary>
    internal double? UnitCost { get; private set; }

    /// <summary>The feature stays as it is.</summary>
    public FeatureRule Immutable(bool isImmutable = true) => Set(() => IsImmutable = isImmutable);

    /// <summary>The feature stays in minimum..maximum.</summary>
    /// <exception cref="ArgumentException">A bound is no number, or the minimum is above the maximum.</exception>
    public FeatureRule Range(double minimum, double maximum)
    {
        float low = Float(minimum), high = Float(maximum);
        return low <= high ? Set(() => (Minimum, Maximum) = (low, high)) : throw new ArgumentException($"The range {minimum:R}..{maximum:R} of '{Name}' is empty; give a minimum that is at most the maximum.", nameof(minimum));
    }

    /// <summary>The feature is a whole number. Float32 holds whole numbers up to 2^24.</summary>
    public FeatureRule Integer() => Step(1);

    /// <summary>The feature is a multiple of a step, such as 0.5 or 100; 0 for any number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative or no number.</exception>
    public FeatureRule Step(double step) => step >= 0 && float.IsFinite((float)step)
        ? Set(() => StepSize = (float)step) : throw new ArgumentOutOfRangeException(nameof(step), step, $"The step of '{Name}' must be a positive number, or 0 for any number.");

    /// <summary>The feature was normalized: its numbers are not in its own units, so whole numbers among them mean nothing (<see cref="FeatureConstraints.ReadFrom"/>).</summary>
    public FeatureRule Normalized(bool isNormalized = true) => Set(() => IsNormalized = isNormalized);

    /// <summary>The feature is a category: it changes only to one of these values, and every change costs the same.</summary>
    /// <exception cref="ArgumentException">There is no value, one is no number, or one is given twice.</exception>
    public FeatureRule OneOf(params double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        float[] floats = [.. values.Select(Float)];
        return floats.Length > 0 && floats.Distinct().Count() == floats.Length
            ? Set(() => (Values, Names) = (floats, null))
            : throw new ArgumentException($"The values of '{Name}' are empty or repeated; list each allowed value once.", nameof(values));
    }

    /// <summary>The feature is a category with names. Rows hold 0 for the first name, 1 for the second, and so on.</summary>
    /// <exception cref="ArgumentException">There is no name, or one is given twice.</exception>
    public FeatureRule Categories(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Length > 0 && names.Distinct().Count() == names.Length
            ? Set(() => (Values, Names) = ([.. Enumerable.Range(0, names.Length).Select(i => (float)i)], [.. names]))
            : throw new ArgumentException($"The categories of '{Name}' are empty or repeated; list each category once.", nameof(names));
    }

    /// <summary>The feature may only grow.</summary>
    public FeatureRule OnlyIncrease() => Set(() => Direction = 1);

    /// <summary>The feature may only fall.</summary>
    public FeatureRule OnlyDecrease() => Set(() => Direction = -1);

    /// <summary>The unit in which changes are measured, such as the standard deviation: a change by this much costs 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The unit is not a positive number.</exception>
    public FeatureRule Spread(double unit) => unit > 0 && double.IsFinite(1 / unit)
        ? Cost(1 / unit) : throw new ArgumentOutOfRangeException(nameof(unit), unit, $"The spread of '{Name}' must be a positive number.");

    /// <summary>The cost of a change by 1 (default: 1 over the width of the range, or 1 without a range). For a category, the cost of any change (default: 1).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The cost is not a positive number.</exception>
    public FeatureRule Cost(double cost) => cost > 0 && (float)cost > 0 && float.IsFinite((float)cost)
        ? Set(() => UnitCost = cost) : throw new ArgumentOutOfRangeException(nameof(cost), cost, $"The cost of '{Name}' must be a positive number.");

    private float Float(double value) => float.IsFinite((float)value)
        ? (float)value : throw new ArgumentOutOfRangeException(nameof(value), value, $"A value of '{Name}' must be a finite float.");

    internal void CopyFrom(FeatureRule other) =>
        (Minimum, Maximum, StepSize, IsImmutable, Direction, Values, Names, UnitCost, IsNormalized) =
        (other.Minimum, other.Maximum, other.StepSize, other.IsImmutable, other.Direction, other.Values, other.Names, other.UnitCost, other.IsNormalized);

    private FeatureRule Set(Action change)
    {
        change();
        _owner.Changed();
        return this;
    }
}

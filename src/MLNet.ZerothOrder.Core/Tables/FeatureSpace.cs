using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Checked <see cref="FeatureConstraints"/>: which rows are feasible, the nearest feasible row, and distances. Immutable. An original row is itself feasible, so that features whose
/// rules cannot be reconciled can always take their original values.
/// </summary>
internal sealed class FeatureSpace
{
    // Float32 holds all whole numbers up to this one.
    private const float MostInteger = 1 << 24;
    private const int Repairs = 4;

    // The rounding of a sum, in parts of its terms' sizes.
    private const double SumTolerance = 1e-6;

    private readonly string[] _names;
    private readonly float[] _lower;
    private readonly float[] _upper;
    private readonly float[] _step;
    private readonly int[] _direction;
    private readonly bool[] _fixed;
    private readonly float[]?[] _values;
    private readonly string[]?[] _labels;
    private readonly double[] _cost;
    private readonly int[][] _groups;
    private readonly int[] _groupOf;
    private readonly (int Lower, int Upper)[] _orders;
    private readonly int[][] _sums;
    private readonly int[] _component;

    /// <exception cref="InputException">Two rules contradict each other.</exception>
    public FeatureSpace(FeatureConstraints constraints)
    {
        IReadOnlyList<FeatureRule> rules = constraints.Rules;
        int d = rules.Count;
        _names = [.. constraints.Names];
        _step = [.. rules.Select(rule => rule.StepSize)];
        _direction = [.. rules.Select(rule => rule.Direction)];
        _fixed = [.. rules.Select(rule => rule.IsImmutable)];
        _values = [.. rules.Select(rule => rule.Values)];
        _labels = [.. rules.Select(rule => rule.Names)];
        _groups = [.. constraints.Groups];
        _orders = [.. constraints.Orders];
        _sums = [.. constraints.Sums];
        _groupOf = new int[d];
        _lower = new float[d];
        _upper = new float[d];
        _cost = new double[d];
        _component = [.. Enumerable.Range(0, d)];
        Array.Fill(_groupOf, -1);
        AddGroups(rules);
        for (int i = 0; i < d; i++)
        {
            AddFeature(i, rules[i]);
        }

        foreach ((int lower, int upper) in _orders)
        {
            Relate([lower, upper], "in an order");
            if (_lower[lower] > _upper[upper])
            {
                throw Contradiction($"'{_names[lower]}' is at least {Text(lower, _lower[lower])} and '{_names[upper]}' at most {Text(upper, _upper[upper])}, so the first cannot be the smaller one");
            }
        }

        foreach (int[] sum in _sums)
        {
            Relate(sum, "in a sum");
        }
    }

    /// <summary>d.</summary>
    public int Count => _names.Length;

    /// <summary>The members of each one-hot group.</summary>
    public IReadOnlyList<int[]> Groups => _groups;

    /// <summary>The group of a feature; −1 for none.</summary>
    public int GroupOf(int feature) => _groupOf[feature];

    /// <summary>The listed values of a category; null for a number.</summary>
    public float[]? Values(int feature) => _values[feature];

    /// <summary>The cost of a change by 1, or of a change of category.</summary>
    public double Cost(int feature) => _cost[feature];

    /// <summary>Whether the value of a feature can change, whatever its group does.</summary>
    public bool IsFree(int feature, float original) => !_fixed[feature] && !float.IsNaN(original);

    /// <summary>The smallest value that a number may take from an original one.</summary>
    public float Lowest(int feature, float original) => _direction[feature] > 0 ? original : _lower[feature];

    /// <summary>The largest value that a number may take from an original one.</summary>
    public float Highest(int feature, float original) => _direction[feature] < 0 ? original : _upper[feature];

    /// <summary>The feasible value of one feature outside groups that is nearest to a value, without regard to relations.</summary>
    public float Snap(int feature, float original, float value)
    {
        if (!IsFree(feature, original) || float.IsNaN(value) || value == original)
        {
            return original;
        }

        float low = Lowest(feature, original), high = Highest(feature, original);
        if (_values[feature] is { } values)
        {
            float nearest = original;
            double distance = double.PositiveInfinity;
            foreach (float listed in values)
            {
                if (listed >= low && listed <= high && Math.Abs((double)listed - value) < distance)
                {
                    (nearest, distance) = (listed, Math.Abs((double)listed - value));
                }
            }

            return nearest;
        }

        value = Math.Clamp(value, low, high);
        if (_step[feature] is var step && step > 0)
        {
            double count = Math.Round(value / (double)step);
            value = (float)(count * step);
            value = value > high ? (float)((count - 1) * step) : value < low ? (float)((count + 1) * step) : value;
        }

        return value;
    }

    /// <summary>Moves a row to a feasible one near it.</summary>
    public void Project(ReadOnlySpan<float> original, Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = _groupOf[i] < 0 ? Snap(i, original[i], row[i]) : row[i];
        }

        foreach (int[] group in _groups)
        {
            ProjectGroup(group, original, row);
        }

        for (int repair = 0; repair < Repairs && Broken(original, row) >= 0; repair++)
        {
            foreach ((int lower, int upper) in _orders)
            {
                RepairOrder(lower, upper, original, row);
            }

            foreach (int[] sum in _sums)
            {
                RepairSum(sum, original, row);
            }
        }

        // An original row that breaks a rule of features that cannot change leaves it broken.
        for (int broken = Broken(original, row), tries = row.Length; broken >= 0 && tries > 0; broken = Broken(original, row), tries--)
        {
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = _component[i] == broken ? original[i] : row[i];
            }
        }
    }

    /// <summary>Why a row is not feasible, as half a sentence; null if it is.</summary>
    public string? Violation(ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            string? violation = float.IsInfinity(row[i]) ? "is infinite"
                : float.IsNaN(row[i]) != float.IsNaN(original[i]) ? float.IsNaN(row[i]) ? "became missing" : "is missing in the original row, and changed"
                : float.IsNaN(row[i]) ? null
                : _fixed[i] && row[i] != original[i] ? $"cannot change from {Text(i, original[i])}"
                : _direction[i] * (row[i] - (double)original[i]) < 0 ? $"may only {(_direction[i] > 0 ? "grow" : "fall")} from {Text(i, original[i])}"
                : _groupOf[i] >= 0 ? row[i] is 0 or 1 ? null : "is in a one-hot group, whose values are 0 and 1"
                : _values[i] is { } values ? Array.IndexOf(values, row[i]) >= 0 ? null : $"is none of {string.Join(", ", values.Select(value => Text(i, value)))}"
                : row[i] < _lower[i] || row[i] > _upper[i] ? $"is outside {Text(i, _lower[i])}..{Text(i, _upper[i])}"
                : _step[i] > 0 && (float)(Math.Round(row[i] / (double)_step[i]) * _step[i]) != row[i] ? $"is no multiple of {Text(i, _step[i])}" : null;
            if (violation is not null)
            {
                return $"'{_names[i]}' with the value {Text(i, row[i])} {violation}";
            }
        }

        foreach (int[] group in _groups)
        {
            int ones = 0, missing = 0;
            foreach (int i in group)
            {
                ones += row[i] == 1 ? 1 : 0;
                missing += float.IsNaN(row[i]) ? 1 : 0;
            }

            if (ones != 1 && missing == 0)
            {
                return $"{ones} of the one-hot group {string.Join(", ", group.Select(i => _names[i]))} are 1, and exactly one must be";
            }
        }

        foreach ((int lower, int upper) in _orders)
        {
            if (row[lower] > row[upper])
            {
                return $"'{_names[lower]}' with the value {Text(lower, row[lower])} is above '{_names[upper]}' with the value {Text(upper, row[upper])}";
            }
        }

        foreach (int[] sum in _sums)
        {
            if (!IsKept(sum, original, row))
            {
                return $"the sum of {string.Join(", ", sum.Select(i => _names[i]))} is not that of the original row";
            }
        }

        return null;
    }

    /// <summary>How far a row is from its original.</summary>
    public RowDistance Distance(ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        int changed = 0;
        double sum = 0, squares = 0, largest = 0;
        for (int i = 0; i < row.Length; i++)
        {
            if (row[i] == original[i] || float.IsNaN(original[i]) || (_groupOf[i] >= 0 && row[i] != 1))
            {
                continue;
            }

            double change = _groupOf[i] >= 0 || _values[i] is not null ? _cost[i] : Math.Abs((double)row[i] - original[i]) * _cost[i];
            changed++;
            sum += change;
            squares += change * change;
            largest = Math.Max(largest, change);
        }

        return new RowDistance(changed, sum, Math.Sqrt(squares), largest);
    }

    /// <summary>The changes of a row in words.</summary>
    public string Describe(ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        var changes = new List<string>();
        for (int i = 0; i < row.Length; i++)
        {
            if (_groupOf[i] < 0 && row[i] != original[i] && !float.IsNaN(original[i]))
            {
                changes.Add($"{_names[i]} {Text(i, original[i])} → {Text(i, row[i])}");
            }
        }

        foreach (int[] group in _groups)
        {
            (int before, int after) = (Active(group, original), Active(group, row));
            if (before != after)
            {
                changes.Add($"{_names[before]} → {_names[after]}");
            }
        }

        return changes.Count == 0 ? "nothing" : changes.Count == 1 ? changes[0] : $"{string.Join(", ", changes.Take(changes.Count - 1))} and {changes[^1]}";
    }

    private static InputException Contradiction(string message) => new($"The constraints contradict each other: {message}; change one of them.") { Argument = "Constraints" };

    // The active member; −1 for a group with missing values.
    private static int Active(int[] group, ReadOnlySpan<float> row)
    {
        foreach (int i in group)
        {
            if (row[i] == 1)
            {
                return i;
            }
        }

        return -1;
    }

    private void AddGroups(IReadOnlyList<FeatureRule> rules)
    {
        for (int g = 0; g < _groups.Length; g++)
        {
            foreach (int i in _groups[g])
            {
                if (_groupOf[i] >= 0)
                {
                    throw Contradiction($"feature '{_names[i]}' is in two one-hot groups");
                }

                if (rules[i] is { Values: not null } or { Direction: not 0 } or { StepSize: not (0 or 1) } or { Minimum: > 0 } or { Maximum: < 1 })
                {
                    throw Contradiction($"feature '{_names[i]}' is in a one-hot group, whose values are 0 and 1, and has another range, step, direction or list of values");
                }

                _groupOf[i] = g;
            }
        }
    }

    private void AddFeature(int i, FeatureRule rule)
    {
        float step = rule.StepSize;
        if (rule.Values is { } values)
        {
            (_lower[i], _upper[i]) = (values.Min(), values.Max());
            _cost[i] = rule.UnitCost ?? 1;
            if (step > 0 || rule.Minimum > _lower[i] || rule.Maximum < _upper[i])
            {
                throw Contradiction($"feature '{rule.Name}' has a list of values and a range or step that not all of them keep");
            }

            return;
        }

        (_lower[i], _upper[i]) = (rule.Minimum, rule.Maximum);
        if (step > 0)
        {
            // Multiples of a whole number are exact as long as their odd part is.
            float exact = MostInteger * (step == MathF.Round(step) && step < MostInteger ? (int)step & -(int)step : step);
            (float low, float high) = (-exact, exact);
            if ((rule.Minimum > float.MinValue && rule.Minimum < low) || (rule.Maximum < float.MaxValue && rule.Maximum > high))
            {
                throw new InputException(
                    $"Feature '{rule.Name}' is a multiple of {FeatureConstraints.Number(step)} in {FeatureConstraints.Number(rule.Minimum)}..{FeatureConstraints.Number(rule.Maximum)}, but float32 holds {(exact == MostInteger ? "whole numbers only up to 2^24 = 16,777,216" : $"its multiples only up to {FeatureConstraints.Number(exact)}")}; give a smaller range or scale the feature.") { Argument = "Constraints" };
            }

            _lower[i] = (float)(Math.Ceiling(Math.Max(rule.Minimum, low) / (double)step) * step);
            _upper[i] = (float)(Math.Floor(Math.Min(rule.Maximum, high) / (double)step) * step);
            if (_lower[i] > _upper[i])
            {
                throw Contradiction($"no multiple of {FeatureConstraints.Number(step)} is in the range {FeatureConstraints.Number(rule.Minimum)}..{FeatureConstraints.Number(rule.Maximum)} of feature '{rule.Name}'");
            }
        }

        bool hasWidth = rule is { Minimum: > float.MinValue, Maximum: < float.MaxValue } && rule.Maximum > rule.Minimum;
        _cost[i] = rule.UnitCost ?? (hasWidth && _groupOf[i] < 0 ? 1 / ((double)rule.Maximum - rule.Minimum) : 1);
    }

    private void Relate(int[] features, string relation)
    {
        foreach (int i in features)
        {
            if (_groupOf[i] >= 0 || _values[i] is not null)
            {
                throw Contradiction($"feature '{_names[i]}' is a category, which has no order, and is {relation}");
            }
        }

        int component = _component[features[0]];
        foreach (int i in features)
        {
            int joined = _component[i];
            for (int k = 0; k < Count; k++)
            {
                _component[k] = _component[k] == joined ? component : _component[k];
            }
        }
    }

    // The member with the largest value becomes 1; a missing or immutable member keeps its value.
    private void ProjectGroup(int[] group, ReadOnlySpan<float> original, Span<float> row)
    {
        int active = Active(group, original), next = active;
        bool isStuck = active < 0 || _fixed[active];
        foreach (int i in group)
        {
            isStuck |= float.IsNaN(original[i]);
        }

        foreach (int i in group)
        {
            next = !isStuck && !_fixed[i] && row[i] > row[next] ? i : next;
        }

        foreach (int i in group)
        {
            row[i] = isStuck ? original[i] : i == next ? 1 : 0;
        }
    }

    // The component of a relation that a row breaks; −1 for none.
    private int Broken(ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        foreach ((int lower, int upper) in _orders)
        {
            if (row[lower] > row[upper])
            {
                return _component[lower];
            }
        }

        foreach (int[] sum in _sums)
        {
            if (!IsKept(sum, original, row))
            {
                return _component[sum[0]];
            }
        }

        return -1;
    }

    private void RepairOrder(int lower, int upper, ReadOnlySpan<float> original, Span<float> row)
    {
        if (!(row[lower] > row[upper]))
        {
            return;
        }

        float middle = (float)(((double)row[lower] + row[upper]) / 2);
        row[lower] = Snap(lower, original[lower], middle);
        row[upper] = Snap(upper, original[upper], Math.Max(middle, row[lower]));
        if (row[lower] > row[upper])
        {
            row[lower] = Snap(lower, original[lower], row[upper]);
        }
    }

    // Each feature takes its share of what is too much, then the first ones take the rest.
    private void RepairSum(int[] sum, ReadOnlySpan<float> original, Span<float> row)
    {
        for (int pass = 0; pass < 2 && !IsKept(sum, original, row); pass++)
        {
            double excess = Excess(sum, original, row);
            for (int k = 0; k < sum.Length; k++)
            {
                int i = sum[k];
                if (float.IsNaN(original[i]))
                {
                    continue;
                }

                float moved = Snap(i, original[i], (float)(row[i] - (pass == 0 ? excess / (sum.Length - k) : excess)));
                excess += (double)moved - row[i];
                row[i] = moved;
            }
        }
    }

    private static double Excess(int[] sum, ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        double excess = 0;
        foreach (int i in sum)
        {
            excess += float.IsNaN(original[i]) ? 0 : (double)row[i] - original[i];
        }

        return excess;
    }

    private static bool IsKept(int[] sum, ReadOnlySpan<float> original, ReadOnlySpan<float> row)
    {
        double size = 0;
        foreach (int i in sum)
        {
            size += float.IsNaN(original[i]) ? 0 : Math.Max(Math.Abs((double)row[i]), Math.Abs((double)original[i]));
        }

        return Math.Abs(Excess(sum, original, row)) <= SumTolerance * size;
    }

    private string Text(int feature, float value) =>
        _labels[feature] is { } labels && value >= 0 && value < labels.Length && value == (int)value ? labels[(int)value]
        : float.IsFinite(value) ? FeatureConstraints.Number(value) : value.ToString(CultureInfo.InvariantCulture);
}

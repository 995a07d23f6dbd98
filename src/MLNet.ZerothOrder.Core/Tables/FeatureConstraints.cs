using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// The rows that can exist: a rule for each feature, and rules between features. What a feature may become depends on the original row, which must itself keep the rules.
/// A missing value (NaN) stays missing. Not thread-safe while rules change; an attack uses the rules of its start.
/// </summary>
/// <remarks>
/// <code>
/// var constraints = new FeatureConstraints("Age", "Income", "Debts");
/// constraints.Slot("Age").Immutable();
/// constraints.Slot("Income").Range(0, 200_000).Spread(15_000);
/// constraints.Slot("Debts").Range(0, 20).Integer();
/// </code>
/// </remarks>
public sealed class FeatureConstraints
{
    // The standard deviation of a normal distribution is this times its median absolute deviation.
    private const double DeviationOfMedian = 1.4826;

    private const float MostInteger = 1 << 24;

    private readonly FeatureRule[] _rules;
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly List<int[]> _groups = [];
    private readonly List<(int Lower, int Upper)> _orders = [];
    private readonly List<int[]> _sums = [];
    private FeatureSpace? _space;

    /// <summary>Creates constraints that allow any finite number in each feature.</summary>
    /// <param name="names">The names of the features, in the order of a row.</param>
    /// <exception cref="ArgumentException">There is no name, or two features share one.</exception>
    public FeatureConstraints(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Length == 0)
        {
            throw new ArgumentException("There is no feature; name each feature of a row.", nameof(names));
        }

        _rules = [.. names.Select(name => new FeatureRule(this, name))];
        for (int i = 0; i < names.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(names[i]) || !_index.TryAdd(names[i], i))
            {
                throw new ArgumentException($"Feature {i} has the name '{names[i]}', which is empty or given twice; give each feature a name of its own.", nameof(names));
            }
        }
    }

    /// <summary>The names of the features, in the order of a row.</summary>
    public IReadOnlyList<string> Names => [.. _rules.Select(rule => rule.Name)];

    /// <summary>The number of features.</summary>
    public int Count => _rules.Length;

    internal IReadOnlyList<FeatureRule> Rules => _rules;

    internal IReadOnlyList<int[]> Groups => _groups;

    internal IReadOnlyList<(int Lower, int Upper)> Orders => _orders;

    internal IReadOnlyList<int[]> Sums => _sums;

    /// <summary>The rules in a form that rows are checked with.</summary>
    /// <exception cref="InputException">Two rules contradict each other.</exception>
    internal FeatureSpace Space => _space ??= new FeatureSpace(this);

    /// <summary>The rule of a feature.</summary>
    /// <exception cref="InputException">There is no feature of this name; the message suggests the nearest one.</exception>
    public FeatureRule Slot(string name) => _rules[Index(name)];

    /// <summary>The rule of a feature by its place in a row, from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public FeatureRule Slot(int index) => index >= 0 && index < _rules.Length
        ? _rules[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"There is no feature {index}; a row has {_rules.Length} features, from 0 on.");

    /// <summary>These features are a one-hot group: exactly one is 1, the others are 0. A change of the group counts as the change of one feature.</summary>
    /// <exception cref="InputException">A name is unknown.</exception>
    public FeatureConstraints Group(params string[] names) => Add(_groups, Indices(names));

    /// <summary>One feature stays at most as large as another.</summary>
    /// <exception cref="InputException">A name is unknown.</exception>
    public FeatureConstraints Ordered(string lower, string upper) => Add(_orders, (Index(lower), Index(upper)));

    /// <summary>The sum of these features stays that of the original row, up to the rounding of floats.</summary>
    /// <exception cref="InputException">A name is unknown.</exception>
    public FeatureConstraints FixedSum(params string[] names) => Add(_sums, Indices(names));

    /// <summary>The same rules, to be changed on their own.</summary>
    public FeatureConstraints Copy()
    {
        var copy = new FeatureConstraints([.. Names]);
        for (int i = 0; i < _rules.Length; i++)
        {
            copy._rules[i].CopyFrom(_rules[i]);
        }

        copy._groups.AddRange(_groups);
        copy._orders.AddRange(_orders);
        copy._sums.AddRange(_sums);
        return copy;
    }

    /// <summary>Checks that no rules contradict each other. Every use of the constraints checks it too.</summary>
    /// <exception cref="InputException">Two rules contradict each other; the message names them.</exception>
    public void Validate() => _ = Space;

    /// <summary>Why a row cannot be an original one, as half a sentence such as <c>'Debts' is 3.55, no multiple of 1</c>; null if it keeps the rules.</summary>
    /// <param name="row">One float per feature.</param>
    public string? Violation(ReadOnlySpan<float> row) => Space.Violation(Checked(row), row);

    /// <summary>Why a row cannot come from an original one, as half a sentence; null if it can.</summary>
    /// <param name="original">The original row, which keeps the rules.</param>
    /// <param name="row">The changed row.</param>
    public string? Violation(ReadOnlySpan<float> original, ReadOnlySpan<float> row) => Space.Violation(Checked(original), Checked(row));

    /// <summary>Moves a row to a feasible one near it: the nearest, up to rounding, if no rule is between features. A feasible row stays as it is.</summary>
    /// <param name="original">The original row, which keeps the rules.</param>
    /// <param name="row">The row to move.</param>
    public void Project(ReadOnlySpan<float> original, Span<float> row)
    {
        Checked(row);
        Space.Project(Checked(original), row);
    }

    /// <summary>How far a row is from its original.</summary>
    public RowDistance Distance(ReadOnlySpan<float> original, ReadOnlySpan<float> row) => Space.Distance(Checked(original), Checked(row));

    /// <summary>The changes of a row as words, such as <c>Income 41,000 → 43,500 and Debts 5 → 4</c>; <c>nothing</c> for none.</summary>
    public string Describe(ReadOnlySpan<float> original, ReadOnlySpan<float> row) => Space.Describe(Checked(original), Checked(row));

    /// <summary>What a feature may become, as words such as <c>whole numbers 0..20, may only fall</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    public string Describe(int feature)
    {
        FeatureRule rule = Slot(feature);
        return !rule.IsImmutable && _groups.Find(group => group.Contains(feature)) is { } group ? $"one of {string.Join(", ", group.Select(i => _rules[i].Name))} is 1" : Words(rule);
    }

    /// <summary>Reads constraints from JSON, as <see cref="ToJson"/> writes them.</summary>
    /// <exception cref="InputException">The text is no JSON of this form, or a rule is wrong.</exception>
    public static FeatureConstraints Parse(string json)
    {
        ConstraintsFile file = Read(json);
        if (file is not { Features: [_, ..] features })
        {
            throw new InputException("The constraints name no features; give \"features\" as a list of objects with a \"name\" each.");
        }

        try
        {
            return new FeatureConstraints([.. features.Select(feature => feature.Name!)]).Apply(file);
        }
        catch (ArgumentException e)
        {
            throw new InputException(e.Message, e);
        }
    }

    /// <summary>Corrects these constraints: what JSON of the form of <see cref="ToJson"/> says about a feature replaces what is here, and its rules between features are added. The rest stays.</summary>
    /// <exception cref="InputException">The text is no JSON of this form, it names an unknown feature, or a rule is wrong.</exception>
    public FeatureConstraints Apply(string json) => Apply(Read(json));

    /// <summary>
    /// Reads from rows what the features that are no categories can be: the range of each, whether it holds whole numbers, features that never change (immutable), and one-hot groups. The spread is
    /// 1.48 times the median absolute deviation, or the standard deviation if that is 0. Missing values (NaN) are ignored.
    /// </summary>
    /// <param name="rows">The rows, one float per feature.</param>
    /// <param name="quantile">The share of the values at each end that is left out of a range (default: 0).</param>
    /// <param name="groups">Features that may be one-hot groups; null for those whose names have the same part in front of a dot, such as <c>Home.own</c> and <c>Home.rent</c>. Those that are not one-hot in all rows are none.</param>
    /// <exception cref="InputException">There is no row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The quantile is not in 0..0.5.</exception>
    public FeatureConstraints ReadFrom(IReadOnlyList<float[]> rows, double quantile = 0, IEnumerable<int[]>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!(quantile is >= 0 and < 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "The share of values outside a range is at least 0 and below 0.5.");
        }

        if (rows.Count == 0)
        {
            throw new InputException("There is no row to learn constraints from; give data with rows.");
        }

        groups ??= Enumerable.Range(0, Count).Where(i => Names[i].Contains('.', StringComparison.Ordinal)).GroupBy(i => Names[i][..Names[i].IndexOf('.', StringComparison.Ordinal)]).Select(group => group.ToArray());
        int[][] found = [.. groups.Where(group => group.All(i => _rules[i].Values is null) && rows.All(row => IsOneHot(row, group)))];
        HashSet<int> grouped = [.. found.SelectMany(group => group)];
        for (int i = 0; i < Count; i++)
        {
            if (!grouped.Contains(i) && _rules[i].Values is null)
            {
                ReadNumber(_rules[i], [.. rows.Select(row => row[i]).Where(value => !float.IsNaN(value)).Order()], quantile);
            }
        }

        _groups.AddRange(found);
        Changed();
        return this;
    }

    /// <summary>The constraints as JSON, for <see cref="Parse"/>.</summary>
    public string ToJson()
    {
        string[][] Named(IEnumerable<int[]> lists) => [.. lists.Select(list => Array.ConvertAll(list, i => _rules[i].Name))];
        return JsonSerializer.Serialize(
            new ConstraintsFile
            {
                Features = [.. _rules.Select(ConstraintsFile.Feature.Of)],
                Groups = _groups.Count == 0 ? null : [.. Named(_groups)],
                Ordered = _orders.Count == 0 ? null : [.. Named(_orders.Select(pair => (int[])[pair.Lower, pair.Upper]))],
                Sums = _sums.Count == 0 ? null : [.. Named(_sums)],
            },
            ConstraintsJson.Default.ConstraintsFile);
    }

    /// <summary>One line per feature and per rule between features.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        HashSet<int> grouped = [.. _groups.SelectMany(group => group)];
        for (int i = 0; i < _rules.Length; i++)
        {
            if (!grouped.Contains(i))
            {
                text.Append(_rules[i].Name).Append(": ").AppendLine(Words(_rules[i]));
            }
        }

        foreach (int[] group in _groups)
        {
            string[] immutable = [.. group.Where(i => _rules[i].IsImmutable).Select(i => _rules[i].Name)];
            text.Append(All(group, ", ")).Append(": exactly one is 1").AppendLine(immutable.Length == 0 ? "" : $"; {string.Join(", ", immutable)} cannot change");
        }

        foreach ((int lower, int upper) in _orders)
        {
            text.AppendLine($"{_rules[lower].Name} ≤ {_rules[upper].Name}");
        }

        foreach (int[] sum in _sums)
        {
            text.Append(All(sum, " + ")).AppendLine(" stays the same");
        }

        return text.ToString();

        string All(int[] indices, string separator) => string.Join(separator, indices.Select(i => _rules[i].Name));
    }

    internal static string Number(double value)
    {
        string text = value.ToString(Math.Abs(value) >= 1000 ? "#,0.##" : "0.####", CultureInfo.InvariantCulture);
        return Math.Abs(value) is > 0 and < 0.1 or >= 1e12 ? value.ToString("G4", CultureInfo.InvariantCulture) : text;
    }

    internal void Changed() => _space = null;

    private static ConstraintsFile Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            ConstraintsFile file = JsonSerializer.Deserialize(json, ConstraintsJson.Default.ConstraintsFile) ?? new ConstraintsFile();
            return file.Features?.Any(feature => feature?.Name is null) != true ? file
                : throw new InputException("The constraints have a feature without a name; give each object in \"features\" a \"name\".");
        }
        catch (JsonException e)
        {
            throw new InputException($"The constraints cannot be read as JSON ({e.Message.ReplaceLineEndings(" ")}); write them as FeatureConstraints.ToJson does.", e);
        }
    }

    private static void ReadNumber(FeatureRule rule, float[] values, double quantile)
    {
        if (values.Length == 0)
        {
            rule.Immutable();
            return;
        }

        int outside = (int)(quantile * values.Length);
        rule.Range(values[outside], values[^(outside + 1)]);
        if (!rule.IsNormalized && values.All(value => MathF.Abs(value) <= MostInteger && value == MathF.Round(value)))
        {
            rule.Integer();
        }

        if (values[0] == values[^1])
        {
            rule.Immutable();
            return;
        }

        double median = values[values.Length / 2], mean = values.Average(value => (double)value);
        double[] far = [.. values.Select(value => Math.Abs(value - median)).Order()];
        double spread = DeviationOfMedian * far[far.Length / 2];
        rule.Spread(spread > 0 ? spread : Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    private static bool IsOneHot(float[] row, int[] group) => group.Length >= 2 && group.All(i => row[i] is 0 or 1) && group.Count(i => row[i] == 1) == 1;

    private FeatureConstraints Apply(ConstraintsFile file)
    {
        try
        {
            file.Features?.ForEach(feature => feature.ApplyTo(Slot(feature.Name!)));
            file.Groups?.ForEach(names => Group(names));
            file.Sums?.ForEach(names => FixedSum(names));
            foreach (string[] pair in file.Ordered ?? [])
            {
                Ordered(pair is [var lower, _] ? lower : throw new InputException($"\"ordered\" lists {string.Join(", ", pair)}; give pairs of a smaller and a larger feature."), pair[1]);
            }

            Validate();
            return this;
        }
        catch (ArgumentException e)
        {
            throw new InputException(e.Message, e);
        }
    }

    private static string Words(FeatureRule rule)
    {
        if (rule.IsImmutable)
        {
            return "cannot change";
        }

        string words = rule.Values is null
            ? (rule.StepSize switch { 0 => rule.IsNormalized ? "normalized numbers" : "numbers", 1 => "whole numbers", var step => $"multiples of {Number(step)}" })
                + (rule is { Minimum: float.MinValue, Maximum: float.MaxValue } ? "" : $" {Number(rule.Minimum)}..{Number(rule.Maximum)}")
            : $"one of {string.Join(", ", rule.Names ?? rule.Values.Select(value => Number(value)))}";
        words += rule.Direction switch { 1 => ", may only grow", -1 => ", may only fall", _ => "" };
        return rule.UnitCost is not { } cost ? words : rule.Values is null ? $"{words}, spread {Number(1 / cost)}" : $"{words}, a change costs {Number(cost)}";
    }

    private ReadOnlySpan<float> Checked(ReadOnlySpan<float> row) => row.Length == _rules.Length
        ? row : throw new ArgumentException($"The row has {row.Length} values, but the constraints have {_rules.Length} features; give one value per feature.", nameof(row));

    private FeatureConstraints Add<T>(List<T> list, T item)
    {
        list.Add(item);
        Changed();
        return this;
    }

    private int[] Indices(string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Length >= 2 && names.Distinct().Count() == names.Length
            ? Array.ConvertAll(names, Index) : throw new InputException($"A rule between features lists {string.Join(", ", names)}; name at least 2 different features.");
    }

    private int Index(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _index.TryGetValue(name, out int index) ? index : throw new InputException(
            $"There is no feature '{name}'; {(NearestName.Of(name, Names) is { } nearest ? $"did you mean '{nearest}'?" : $"the features are {string.Join(", ", Names)}.")}");
    }
}

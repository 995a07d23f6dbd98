using System.Globalization;
using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Columns of a table as rows of floats and back: numbers, Booleans (0 and 1), keys and texts (the places of their categories) and vectors of Single. A missing key is NaN.
/// </summary>
internal sealed class TableColumns
{
    private static readonly Dictionary<DataViewType, IKind> Numbers = new()
    {
        [NumberDataViewType.Single] = new Number<float>(),
        [NumberDataViewType.Double] = new Number<double>(),
        [NumberDataViewType.SByte] = new Number<sbyte>(),
        [NumberDataViewType.Byte] = new Number<byte>(),
        [NumberDataViewType.Int16] = new Number<short>(),
        [NumberDataViewType.UInt16] = new Number<ushort>(),
        [NumberDataViewType.Int32] = new Number<int>(),
        [NumberDataViewType.UInt32] = new Number<uint>(),
        [NumberDataViewType.Int64] = new Number<long>(),
        [NumberDataViewType.UInt64] = new Number<ulong>(),
        [BooleanDataViewType.Instance] = new Flag(),
    };

    private readonly (DataViewSchema.Column Column, int First, IKind Kind)[] _columns;

    private TableColumns((DataViewSchema.Column Column, int First, IKind Kind)[] columns, int count)
    {
        _columns = columns;
        Count = count;
    }

    /// <summary>Reads the value of a row into its floats.</summary>
    public delegate ReadOnlySpan<float> RowSource();

    private interface IKind
    {
        int Size { get; }

        Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column column);

        Delegate Getter(RowSource row, int first);
    }

    /// <summary>Floats per row.</summary>
    public int Count { get; }

    /// <summary>The columns.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => _columns.Select(column => column.Column);

    /// <summary>The columns of a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="names">The names of the columns.</param>
    /// <param name="constraints">The features, whose names are those of <see cref="FeatureNames"/>; null where only the names matter.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InputException">The constraints are for other features, or a column of texts has no categories.</exception>
    public static TableColumns Of(DataViewSchema schema, IReadOnlyList<string> names, FeatureConstraints constraints)
    {
        string[] expected = [.. names.SelectMany(name => FeatureNames(Mismatch.Column(schema, "input", name)))];
        if (!expected.SequenceEqual(constraints.Names))
        {
            string[] unknown = [.. constraints.Names.Except(expected)], missing = [.. expected.Except(constraints.Names)];
            throw new InputException(
                $"The constraints do not have the features of {Listed(names)}: {(missing.Length > 0 ? $"{Listed(missing)} {(missing.Length == 1 ? "is" : "are")} missing" : unknown.Length > 0 ? $"{Listed(unknown)} {(unknown.Length == 1 ? "is" : "are")} too much" : "they have another order")}; learn them with FeatureConstraints.Learn, or name the features {Listed(expected)}.") { Argument = "Constraints" };
        }

        var columns = new List<(DataViewSchema.Column, int, IKind)>();
        int first = 0;
        foreach (string name in names)
        {
            DataViewSchema.Column column = schema[name];
            IKind kind = Numbers.TryGetValue(column.Type, out IKind? number) ? number : column.Type switch
            {
                TextDataViewType => new Text(name, constraints.Slot(first).CategoryNames
                    ?? throw new InputException($"Column '{name}' holds texts, but its feature has no categories; list them (Slot(\"{name}\").Categories), or learn the constraints.") { Argument = "Constraints" }),
                KeyDataViewType key when key.RawType == typeof(uint) => new Key(),
                _ => new Vector(AttackColumns.VectorSize(column)),
            };
            columns.Add((column, first, kind));
            first += kind.Size;
        }

        return new TableColumns([.. columns], first);
    }

    /// <summary>The names of a column's features: the column's, or those of a vector's slots, or <c>Features[0]</c> and so on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column holds no numbers, Booleans, keys, texts or vectors of Single.</exception>
    public static string[] FeatureNames(DataViewSchema.Column column)
    {
        int size = AttackColumns.VectorSize(column);
        if (size == 0)
        {
            return Numbers.ContainsKey(column.Type) || column.Type is TextDataViewType or KeyDataViewType { RawType.Name: nameof(UInt32) }
                ? [column.Name] : throw Mismatch.Of("input", column.Name, "a number, Boolean, Key<UInt32>, String or known-size vector of Single", column.Type.ToString()!);
        }

        string[] names = LabelType.AnnotatedValues(column, "SlotNames") is { } slots && slots.Length == size && slots.All(slot => slot.Length > 0) && slots.Distinct().Count() == size
            ? slots : [.. Enumerable.Range(0, size).Select(i => string.Create(CultureInfo.InvariantCulture, $"{column.Name}[{i}]"))];
        return names;
    }

    /// <summary>A reader of rows as floats.</summary>
    public Action<float[]> Reader(DataViewRow row)
    {
        (int First, int Size, Action<Memory<float>> Read)[] readers = [.. _columns.Select(column => (column.First, column.Kind.Size, column.Kind.Reader(row, row.Schema[column.Column.Name])))];
        return values =>
        {
            foreach ((int first, int size, Action<Memory<float>> read) in readers)
            {
                read(values.AsMemory(first, size));
            }
        };
    }

    /// <summary>All rows of a view.</summary>
    public IReadOnlyList<ReadOnlyMemory<float>> Read(IDataView data)
    {
        var rows = new List<ReadOnlyMemory<float>>();
        using DataViewRowCursor cursor = data.GetRowCursor(Columns);
        Action<float[]> read = Reader(cursor);
        while (cursor.MoveNext())
        {
            var row = new float[Count];
            read(row);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>A getter of a column's type that returns its value in a row of floats.</summary>
    public Delegate Getter(string name, RowSource row)
    {
        (_, int first, IKind kind) = Array.Find(_columns, column => column.Column.Name == name);
        return kind.Getter(row, first);
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count <= 8 ? string.Join(", ", names.Select(name => $"'{name}'")) : $"{string.Join(", ", names.Take(6).Select(name => $"'{name}'"))} and {names.Count - 6} more";

    private sealed class Number<T> : IKind
        where T : INumber<T>
    {
        public int Size => 1;

        public Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            T value = default!;
            return to =>
            {
                getter(ref value);
                to.Span[0] = float.CreateSaturating(value);
                if (typeof(T) != typeof(float) && typeof(T) != typeof(double) && Math.Abs((double)to.Span[0]) > 1 << 24)
                {
                    throw new InputException($"Column '{column.Name}' has the value {value}, but float32 holds whole numbers only up to 2^24 = 16,777,216; scale the column or leave it out.");
                }
            };
        }

        public Delegate Getter(RowSource row, int first) => (ValueGetter<T>)((ref T value) => value = T.CreateSaturating(row()[first]));
    }

    private sealed class Flag : IKind
    {
        public int Size => 1;

        public Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<bool> getter = row.GetGetter<bool>(column);
            bool value = false;
            return to =>
            {
                getter(ref value);
                to.Span[0] = value ? 1 : 0;
            };
        }

        public Delegate Getter(RowSource row, int first) => (ValueGetter<bool>)((ref bool value) => value = row()[first] == 1);
    }

    private sealed class Key : IKind
    {
        public int Size => 1;

        public Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<uint> getter = row.GetGetter<uint>(column);
            uint value = 0;
            return to =>
            {
                getter(ref value);
                to.Span[0] = value == 0 ? float.NaN : value - 1f;
            };
        }

        public Delegate Getter(RowSource row, int first) => (ValueGetter<uint>)((ref uint value) => value = float.IsNaN(row()[first]) ? 0 : (uint)row()[first] + 1);
    }

    private sealed class Text(string column, IReadOnlyList<string> categories) : IKind
    {
        private readonly Dictionary<string, int> _places = categories.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        private readonly ReadOnlyMemory<char>[] _texts = [.. categories.Select(name => name.AsMemory())];

        public int Size => 1;

        public Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column from)
        {
            ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(from);
            ReadOnlyMemory<char> value = default;
            return to =>
            {
                getter(ref value);
                to.Span[0] = _places.TryGetValue(value.ToString(), out int place) ? place : throw new InputException(
                    $"Column '{column}' has the text '{value}', which is none of its categories {Listed(categories)}; add it to the constraints.") { Argument = "Constraints" };
            };
        }

        public Delegate Getter(RowSource row, int first) => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _texts[(int)row()[first]]);
    }

    private sealed class Vector(int size) : IKind
    {
        public int Size => size;

        public Action<Memory<float>> Reader(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(column);
            VBuffer<float> value = default;
            return to =>
            {
                getter(ref value);
                value.CopyTo(to.Span);
            };
        }

        public Delegate Getter(RowSource row, int first) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            VBufferEditor<float> editor = VBufferEditor.Create(ref value, size);
            row().Slice(first, size).CopyTo(editor.Values);
            value = editor.Commit();
        });
    }
}

using System.Globalization;
using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>Maps the values of a label column to the classes of the classifier, and back.</summary>
internal sealed class ClassLabels
{
    private readonly LabelType _type;
    private readonly string[] _names;
    private readonly string _column;
    private readonly Dictionary<string, int> _classOfName = new(StringComparer.Ordinal);
    private readonly long[]? _numbers;

    // Index k − 1 holds the class of key k; each class has its key, or 0 if no key has its name.
    private readonly int[] _classOfKey = [];
    private readonly uint[] _keyOfClass = [];

    /// <param name="type">The type of the column.</param>
    /// <param name="column">The name of the column, for messages.</param>
    /// <param name="names">The names of the classes, in the order of the scores.</param>
    /// <exception cref="InputException">The value of a key is not the name of a class, two classes share a name, or a Boolean column has more than two classes.</exception>
    public ClassLabels(LabelType type, string column, IReadOnlyList<string> names)
    {
        _type = type;
        _column = column;
        _names = [.. names];
        for (int i = 0; i < _names.Length; i++)
        {
            if (!_classOfName.TryAdd(_names[i], i))
            {
                throw new InputException($"Two classes have the name '{_names[i]}'; give each class a different name (ClassNames).");
            }
        }

        long[] numbers = [.. _names.Select(name => int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && $"{number}" == name ? number : long.MinValue)];
        _numbers = numbers.Contains(long.MinValue) || numbers.Select((number, i) => number == i).All(isIndex => isIndex) ? null : numbers;
        if (type.Kind == LabelKind.Boolean && _names.Length != 2)
        {
            throw new InputException($"Label column '{column}' is Boolean, but the classifier has {_names.Length} classes; give labels of a type for all classes, such as Int32.");
        }

        if (type.Kind == LabelKind.KeyOfNames)
        {
            _classOfKey = [.. type.KeyValues!.Select(ClassOfName)];
            _keyOfClass = new uint[_names.Length];
            for (int k = 0; k < _classOfKey.Length; k++)
            {
                _keyOfClass[_classOfKey[k]] = (uint)k + 1;
            }
        }
    }

    /// <summary>A reader of a column's values as classes.</summary>
    public Func<int> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        switch (_type.Kind)
        {
            case LabelKind.Int32:
                return Read<int>(value => ClassOf(value));
            case LabelKind.UInt32:
                return Read<uint>(value => ClassOf(value));
            case LabelKind.Boolean:
                return Read<bool>(value => value ? 1 : 0);
            case LabelKind.Text:
                return Read<ReadOnlyMemory<char>>(value => ClassOfName(value.ToString()));
            case LabelKind.Key:
                return Read<uint>(key => key == 0 ? throw Missing() : Checked(key - 1L));
            default:
                return Read<uint>(key => key == 0 || key > _classOfKey.Length ? throw Missing() : _classOfKey[key - 1]);
        }

        Func<int> Read<T>(Func<T, int> toClass)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            T value = default!;
            return () =>
            {
                getter(ref value);
                return toClass(value);
            };
        }
    }

    /// <summary>A getter of the column's type that returns classes. If no key has the name of the class, the value is missing.</summary>
    public Delegate Getter(Func<int> get) => _type.Kind switch
    {
        LabelKind.Int32 => (ValueGetter<int>)((ref int value) => value = (int)NumberOf(get())),
        LabelKind.UInt32 => (ValueGetter<uint>)((ref uint value) => value = (uint)NumberOf(get())),
        LabelKind.Boolean => (ValueGetter<bool>)((ref bool value) => value = get() == 1),
        LabelKind.Text => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = Name(get()).AsMemory()),
        LabelKind.Key => (ValueGetter<uint>)((ref uint value) => value = get() is var index && (ulong)index < _type.KeyCount ? (uint)index + 1 : 0),
        _ => (ValueGetter<uint>)((ref uint value) => value = _keyOfClass[get()]),
    };

    /// <summary>The class of a label in the text column of a saved model: a name, or the index of a class if the column holds indices.</summary>
    public int Class(string text) => _type.Kind switch
    {
        LabelKind.Text or LabelKind.KeyOfNames => ClassOfName(text),
        LabelKind.Boolean => bool.TryParse(text, out bool value) ? (value ? 1 : 0) : throw Missing(),
        LabelKind.Key => long.TryParse(text, CultureInfo.InvariantCulture, out long key) && key > 0 ? Checked(key - 1) : throw Missing(),
        _ => long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? ClassOf(number) : throw Missing(),
    };

    /// <summary>A class in the form of the text column of a saved model.</summary>
    public string Text(int index) => _type.Kind switch
    {
        LabelKind.Text or LabelKind.KeyOfNames => Name(index),
        LabelKind.Boolean => index == 1 ? "True" : "False",
        LabelKind.Key => (index + 1).ToString(CultureInfo.InvariantCulture),
        _ => NumberOf(index).ToString(CultureInfo.InvariantCulture),
    };

    private string Name(int index) => _names[index];

    // Numbers are the names of classes where all names are numbers, and indices of classes otherwise.
    private int ClassOf(long number) => _numbers is null ? Checked(number) : ClassOfName(number.ToString(CultureInfo.InvariantCulture));

    private long NumberOf(int index) => _numbers?[index] ?? index;

    private int ClassOfName(string name) => _classOfName.TryGetValue(name, out int index) ? index : throw new InputException(
        $"Label '{name}' of column '{_column}' is not among the classes {Some()}; give the classes' names in the order of the classifier's scores (ClassNames).");

    private int Checked(long index) => index >= 0 && index < _names.Length ? (int)index : throw new InputException(
        $"Label {index} of column '{_column}' is outside 0..{_names.Length - 1} for a classifier with {_names.Length} classes; correct the labels.");

    private InputException Missing() => new($"A label of column '{_column}' is missing; give only rows with a label.");

    private string Some() => _names.Length <= 12 ? string.Join(", ", _names) : $"{string.Join(", ", _names.Take(10))} … ({_names.Length} in total)";
}

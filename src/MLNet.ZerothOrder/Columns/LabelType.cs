using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>The type of a label column, in a form that a saved model can store.</summary>
/// <param name="Kind">How the column represents a class.</param>
/// <param name="KeyCount">The number of keys; for keys.</param>
/// <param name="KeyValues">The values of the keys as text; null for keys without values.</param>
/// <param name="KeyValueType">The type of these values.</param>
internal sealed record LabelType(LabelKind Kind, ulong KeyCount = 0, IReadOnlyList<string>? KeyValues = null, DataKind KeyValueType = DataKind.String)
{
    private const string KeyValuesAnnotation = "KeyValues";

    // The types of keys that ML.NET's trainers and MapValueToKey leave.
    private static readonly Dictionary<DataViewType, (DataKind Kind, Func<DataViewSchema.Annotations, string, IEnumerable<string>> Read)> Kinds = new()
    {
        [TextDataViewType.Instance] = (DataKind.String, (annotations, name) => Values<ReadOnlyMemory<char>>(annotations, name).Select(text => text.ToString())),
        [BooleanDataViewType.Instance] = (DataKind.Boolean, (annotations, name) => Values<bool>(annotations, name).Select(value => $"{value}")),
        [NumberDataViewType.SByte] = (DataKind.SByte, Numbers<sbyte>),
        [NumberDataViewType.Byte] = (DataKind.Byte, Numbers<byte>),
        [NumberDataViewType.Int16] = (DataKind.Int16, Numbers<short>),
        [NumberDataViewType.UInt16] = (DataKind.UInt16, Numbers<ushort>),
        [NumberDataViewType.Int32] = (DataKind.Int32, Numbers<int>),
        [NumberDataViewType.UInt32] = (DataKind.UInt32, Numbers<uint>),
        [NumberDataViewType.Int64] = (DataKind.Int64, Numbers<long>),
        [NumberDataViewType.UInt64] = (DataKind.UInt64, Numbers<ulong>),
        [NumberDataViewType.Single] = (DataKind.Single, Numbers<float>),
        [NumberDataViewType.Double] = (DataKind.Double, Numbers<double>),
    };

    /// <summary>The type of a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type cannot represent a class.</exception>
    public static LabelType Of(DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType key when key.RawType == typeof(uint) => OfKey(column, key),
        NumberDataViewType number when number == NumberDataViewType.Int32 => new LabelType(LabelKind.Int32),
        NumberDataViewType number when number == NumberDataViewType.UInt32 => new LabelType(LabelKind.UInt32),
        BooleanDataViewType => new LabelType(LabelKind.Boolean),
        TextDataViewType => new LabelType(LabelKind.Text),
        _ => throw Mismatch.Of("label", column.Name, "Key<UInt32>, Int32, UInt32, Boolean or String", column.Type.ToString()!),
    };

    /// <summary>The values of a column's annotation as text, such as the values of keys or the labels that a trainer saw; null if it has none of these types.</summary>
    public static string[]? AnnotatedValues(DataViewSchema.Column column, string annotation) =>
        column.Annotations.Schema.GetColumnOrNull(annotation) is { Type: VectorDataViewType type } && Kinds.TryGetValue(type.ItemType, out var kind)
            ? [.. kind.Read(column.Annotations, annotation)] : null;

    /// <summary>The values of a key column's keys as text; null for another column, or keys without values.</summary>
    public static string[]? ValuesOfKeys(DataViewSchema.Column column) => column.Type is KeyDataViewType ? AnnotatedValues(column, KeyValuesAnnotation) : null;

    /// <summary>Adds a column of this type and its annotations.</summary>
    public void AddTo(DataViewSchema.Builder builder, string name)
    {
        switch (Kind)
        {
            case LabelKind.Int32:
                builder.AddColumn(name, NumberDataViewType.Int32);
                break;
            case LabelKind.UInt32:
                builder.AddColumn(name, NumberDataViewType.UInt32);
                break;
            case LabelKind.Boolean:
                builder.AddColumn(name, BooleanDataViewType.Instance);
                break;
            case LabelKind.Text:
                builder.AddColumn(name, TextDataViewType.Instance);
                break;
            default:
                builder.AddColumn(name, new KeyDataViewType(typeof(uint), KeyCount), Annotations());
                break;
        }
    }

    private DataViewSchema.Annotations? Annotations()
    {
        if (KeyValues is null)
        {
            return null;
        }

        var builder = new DataViewSchema.Annotations.Builder();
        switch (KeyValueType)
        {
            case DataKind.Boolean:
                Add(BooleanDataViewType.Instance, bool.Parse);
                break;
            case DataKind.SByte:
                AddNumbers<sbyte>(NumberDataViewType.SByte);
                break;
            case DataKind.Byte:
                AddNumbers<byte>(NumberDataViewType.Byte);
                break;
            case DataKind.Int16:
                AddNumbers<short>(NumberDataViewType.Int16);
                break;
            case DataKind.UInt16:
                AddNumbers<ushort>(NumberDataViewType.UInt16);
                break;
            case DataKind.Int32:
                AddNumbers<int>(NumberDataViewType.Int32);
                break;
            case DataKind.UInt32:
                AddNumbers<uint>(NumberDataViewType.UInt32);
                break;
            case DataKind.Int64:
                AddNumbers<long>(NumberDataViewType.Int64);
                break;
            case DataKind.UInt64:
                AddNumbers<ulong>(NumberDataViewType.UInt64);
                break;
            case DataKind.Single:
                AddNumbers<float>(NumberDataViewType.Single);
                break;
            case DataKind.Double:
                AddNumbers<double>(NumberDataViewType.Double);
                break;
            default:
                Add(TextDataViewType.Instance, text => text.AsMemory());
                break;
        }

        return builder.ToAnnotations();

        void AddNumbers<T>(NumberDataViewType type)
            where T : IParsable<T> => Add(type, text => T.Parse(text, CultureInfo.InvariantCulture));

        void Add<T>(PrimitiveDataViewType type, Func<string, T> parse)
        {
            var values = new VBuffer<T>(KeyValues.Count, [.. KeyValues.Select(parse)]);
            builder.Add(KeyValuesAnnotation, new VectorDataViewType(type, KeyValues.Count), (ref VBuffer<T> value) => values.CopyTo(ref value));
        }
    }

    private static LabelType OfKey(DataViewSchema.Column column, KeyDataViewType key)
    {
        if (column.Annotations.Schema.GetColumnOrNull(KeyValuesAnnotation) is not { Type: VectorDataViewType type })
        {
            return new LabelType(LabelKind.Key, key.Count);
        }

        return Kinds.TryGetValue(type.ItemType, out var kind)
            ? new LabelType(LabelKind.KeyOfNames, key.Count, [.. kind.Read(column.Annotations, KeyValuesAnnotation)], kind.Kind)
            : throw Mismatch.Of("label", column.Name, "a key whose values are texts, numbers or Booleans", $"a key of {type.ItemType}");
    }

    private static IEnumerable<string> Numbers<T>(DataViewSchema.Annotations annotations, string name)
        where T : IFormattable => Values<T>(annotations, name).Select(value => value.ToString(null, CultureInfo.InvariantCulture));

    private static IEnumerable<T> Values<T>(DataViewSchema.Annotations annotations, string name)
    {
        VBuffer<T> buffer = default;
        annotations.GetValue(name, ref buffer);
        return buffer.DenseValues();
    }
}

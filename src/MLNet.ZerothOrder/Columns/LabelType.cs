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
            case DataKind.Int32:
                Add(NumberDataViewType.Int32, text => int.Parse(text, CultureInfo.InvariantCulture));
                break;
            case DataKind.UInt32:
                Add(NumberDataViewType.UInt32, text => uint.Parse(text, CultureInfo.InvariantCulture));
                break;
            case DataKind.Single:
                Add(NumberDataViewType.Single, text => float.Parse(text, CultureInfo.InvariantCulture));
                break;
            default:
                Add(TextDataViewType.Instance, text => text.AsMemory());
                break;
        }

        return builder.ToAnnotations();

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

        DataViewType item = type.ItemType;
        (IEnumerable<string> values, DataKind kind) =
            item == NumberDataViewType.Int32 ? (Values<int>().Select(v => v.ToString(CultureInfo.InvariantCulture)), DataKind.Int32)
            : item == NumberDataViewType.UInt32 ? (Values<uint>().Select(v => v.ToString(CultureInfo.InvariantCulture)), DataKind.UInt32)
            : item == NumberDataViewType.Single ? (Values<float>().Select(v => v.ToString(CultureInfo.InvariantCulture)), DataKind.Single)
            : item is TextDataViewType ? (Values<ReadOnlyMemory<char>>().Select(v => v.ToString()), DataKind.String)
            : throw Mismatch.Of("label", column.Name, "a key whose values are String, Int32, UInt32 or Single", $"a key of {item}");
        return new LabelType(LabelKind.KeyOfNames, key.Count, [.. values], kind);

        IEnumerable<T> Values<T>()
        {
            VBuffer<T> buffer = default;
            column.Annotations.GetValue(KeyValuesAnnotation, ref buffer);
            return buffer.DenseValues();
        }
    }
}

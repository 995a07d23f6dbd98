using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>An input schema and the columns that an attack adds to it.</summary>
internal sealed class AttackColumns
{
    public const string Adversarial = "Adversarial";
    public const string AdversarialLabel = "AdversarialLabel";
    public const string Success = "Success";
    public const string Queries = "Queries";
    public const string QueriesToSuccess = "QueriesToSuccess";
    public const string Distortion = "Distortion";

    /// <summary>In place of a label, for a regression.</summary>
    public const string AdversarialScore = "AdversarialScore";

    private readonly ClassLabels? _labels;
    private readonly ImageStages? _images;
    private readonly TableColumns? _table;

    public AttackColumns(DataViewSchema input, AttackState state, ImageStages? images)
    {
        Input = input;
        _images = images;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        if (state.InputColumnNames is { } names)
        {
            _table = TableColumns.Of(input, names, FeatureConstraints.Parse(state.Constraints!));
            Attacked = [.. _table.Columns];
            foreach (DataViewSchema.Column column in Attacked)
            {
                builder.AddColumn(OfColumn(column.Name), column.Type, column.Annotations);
            }
        }
        else
        {
            DataViewSchema.Column pixels = images is null ? InputColumn(input, state.InputColumnName) : images.Before.GetOutputSchema(input)[images.PixelColumn];
            if (VectorSize(pixels) != state.Dimension)
            {
                throw Mismatch.Of("input", pixels.Name, $"Vector<Single, {state.Dimension}>", pixels.Type.ToString()!);
            }

            Attacked = [pixels];
            builder.AddColumn(Adversarial, images is null ? pixels.Type : images.Type, images is null ? pixels.Annotations : null);
        }

        if (state.Goal is not null)
        {
            builder.AddColumn(AdversarialScore, NumberDataViewType.Single);
        }
        else
        {
            DataViewSchema.Column label = Mismatch.Column(input, "label", state.LabelColumnName);
            Label = label;
            _labels = new ClassLabels(LabelType.Of(label), label.Name, state.ClassNames);
            builder.AddColumn(AdversarialLabel, label.Type, label.Annotations);
        }

        builder.AddColumn(Success, BooleanDataViewType.Instance);
        builder.AddColumn(Queries, NumberDataViewType.Int64);
        builder.AddColumn(QueriesToSuccess, NumberDataViewType.Int64);
        builder.AddColumn(Distortion, NumberDataViewType.Single);
        Output = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    public DataViewSchema Output { get; }

    /// <summary>The attacked columns: of the input or, for images, of <see cref="Prepare(IDataView)"/>.</summary>
    public IReadOnlyList<DataViewSchema.Column> Attacked { get; }

    /// <summary>The column of true classes; null for a regression.</summary>
    public DataViewSchema.Column? Label { get; }

    /// <summary>The added column for one of several attacked columns.</summary>
    public static string OfColumn(string name) => $"{Adversarial}.{name}";

    /// <summary>The attacked column of a schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing, or is not a float vector of known size.</exception>
    public static DataViewSchema.Column InputColumn(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = Mismatch.Column(schema, "input", name);
        return VectorSize(column) > 0 ? column : throw Mismatch.Of("input", name, "a known-size vector of Single", column.Type.ToString()!);
    }

    /// <summary>Floats per row; 0 if the column is not a float vector of known size.</summary>
    public static int VectorSize(DataViewSchema.Column column) =>
        column.Type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Single ? vector.Size : 0;

    /// <summary>Whether the attack adds this output column.</summary>
    public bool IsAdded(DataViewSchema.Column column) => column.Index >= Input.Count;

    /// <summary>The rows with the attacked vectors.</summary>
    public IDataView Prepare(IDataView source) => _images is null ? source : _images.Before.Transform(source);

    /// <summary>A row with the attacked vector. It owns the given row.</summary>
    public DataViewRow Prepare(DataViewRow input) => _images is null ? input : _images.Before.GetRowToRowMapper(Input).GetRow(input, [.. Attacked]);

    /// <summary>The input columns that these output columns need.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns)
    {
        DataViewSchema.Column[] all = [.. columns];
        IEnumerable<DataViewSchema.Column> passed = all.Where(c => !IsAdded(c)).Select(c => Input[c.Index]);
        IEnumerable<DataViewSchema.Column> attacked = _images is null ? Attacked : _images.Before.GetRowToRowMapper(Input).GetDependencies(Attacked);
        return all.Any(IsAdded) ? passed.Concat(Label is { } label ? attacked.Append(label) : attacked).DistinctBy(c => c.Index) : passed;
    }

    /// <summary>A reader of a row's class; always 0 for a regression.</summary>
    public Func<int> LabelReader(DataViewRow row) => _labels is null ? () => 0 : _labels.Reader(row, row.Schema[Label!.Value.Name]);

    /// <summary>A reader of a row's attacked values.</summary>
    public Action<float[]> RowReader(DataViewRow row)
    {
        if (_table is not null)
        {
            return _table.Reader(row);
        }

        ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(row.Schema[Attacked[0].Name]);
        VBuffer<float> buffer = default;
        return values =>
        {
            getter(ref buffer);
            buffer.CopyTo(values);
        };
    }

    /// <summary>A getter of an added column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="outcome">Returns the outcome of the current row; called only when a value is read.</param>
    public ValueGetter<TValue> Getter<TValue>(DataViewSchema.Column column, Func<RowOutcome> outcome)
    {
        Delegate getter = column.Name switch
        {
            Adversarial when _images is not null => _images.Getter(() => outcome().Adversarial),
            Adversarial => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                ReadOnlySpan<float> row = outcome().Adversarial.Span;
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, row.Length);
                row.CopyTo(editor.Values);
                value = editor.Commit();
            }),
            AdversarialLabel => _labels!.Getter(() => outcome().Label),
            AdversarialScore => (ValueGetter<float>)((ref float value) => value = outcome().Score),
            Success => (ValueGetter<bool>)((ref bool value) => value = outcome().Success),
            Queries => (ValueGetter<long>)((ref long value) => value = outcome().Queries),
            QueriesToSuccess => (ValueGetter<long>)((ref long value) => value = outcome().QueriesToSuccess),
            Distortion => (ValueGetter<float>)((ref float value) => value = outcome().Distortion),
            var name => _table!.Getter(name[(Adversarial.Length + 1)..], () => outcome().Adversarial.Span),
        };
        return getter as ValueGetter<TValue> ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type}, not {typeof(TValue)}.", nameof(column));
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Vectors in memory as a data view with one column, read once from first to last.</summary>
internal sealed class RowsView(DataViewSchema schema, long count, RowsView.Reader read) : IDataView
{
    /// <summary>Writes the values of a row.</summary>
    public delegate void Reader(long row, Span<float> values);

    public DataViewSchema Schema => schema;

    public bool CanShuffle => false;

    /// <summary>The schema of one column with <paramref name="dimension"/> floats per row.</summary>
    public static DataViewSchema SchemaOf(string column, int dimension)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(column, new VectorDataViewType(NumberDataViewType.Single, dimension));
        return builder.ToSchema();
    }

    public long? GetRowCount() => count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded.Any());

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private void Read(long row, ref VBuffer<float> value)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, ((VectorDataViewType)schema[0].Type).Size);
        read(row, editor.Values);
        value = editor.Commit();
    }

    private sealed class Cursor(RowsView view, bool isActive) : DataViewRowCursor
    {
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => isActive;

        public override bool MoveNext()
        {
            if (_position + 1 >= view.GetRowCount())
            {
                _position = -1;
                return false;
            }

            _position++;
            return true;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => view.Read(_position, ref value)) as ValueGetter<TValue>
                ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type}, not {typeof(TValue)}.", nameof(column));

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new DataViewRowId((ulong)_position, 0);
    }
}

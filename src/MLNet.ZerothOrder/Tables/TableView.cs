using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Rows of floats in memory as a data view with a table's columns, read from first to last. Other columns, such as a label that a pipeline converts, hold default values.</summary>
internal sealed class TableView(TableColumns columns, DataViewSchema schema, long count, Func<long, ReadOnlyMemory<float>> rows) : IDataView
{
    private readonly HashSet<string> _names = [.. columns.Columns.Select(column => column.Name)];

    public DataViewSchema Schema => schema;

    public bool CanShuffle => false;

    /// <summary>The schema of a table's columns and others.</summary>
    public static DataViewSchema SchemaOf(TableColumns columns, DataViewSchema.Column? other)
    {
        var builder = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column column in other is { } added ? columns.Columns.Append(added) : columns.Columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        return builder.ToSchema();
    }

    public long? GetRowCount() => count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, [.. columnsNeeded.Select(column => column.Index)]);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(TableView view, HashSet<int> active) : DataViewRowCursor
    {
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            _position = _position + 1 < view.GetRowCount() ? _position + 1 : -1;
            return _position >= 0;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            (view._names.Contains(column.Name) ? view.Columns.Getter(column.Name, () => view.Rows(_position).Span) : (ValueGetter<TValue>)((ref TValue value) => value = default!)) as ValueGetter<TValue>
                ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type}, not {typeof(TValue)}.", nameof(column));

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new DataViewRowId((ulong)_position, 0);
    }

    private TableColumns Columns => columns;

    private ReadOnlyMemory<float> Rows(long row) => rows(row);
}

using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>Rows with the columns of the attack. A row is attacked when a value of an added column is read.</summary>
internal sealed class AttackView(IDataView source, AttackColumns columns, BlackBoxAttackTransformer transformer) : IDataView
{
    public DataViewSchema Schema => columns.Output;

    // The cursor reads the rows twice in the same order. ShuffleRows handles views that cannot shuffle.
    public bool CanShuffle => false;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return new AttackCursor(source, columns, transformer, needed);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}

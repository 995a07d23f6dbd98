using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>Rows with what the attack adds. Nothing is attacked until a value of an added column is asked for.</summary>
internal sealed class AttackView(IDataView source, AttackColumns columns, BlackBoxAttackTransformer transformer) : IDataView
{
    public DataViewSchema Schema => columns.Output;

    // Shuffled rows could not be read twice at once; ShuffleRows works on a view that cannot shuffle itself.
    public bool CanShuffle => false;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return new AttackCursor(source, columns, transformer, needed);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}

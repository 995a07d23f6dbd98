using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Passes rows through. A second cursor over the same rows reads ahead and fills batches for the attack. Each row is attacked at
/// most once, and only if a value of an added column is read.
/// </summary>
internal sealed class AttackCursor : DataViewRowCursor
{
    private const int FirstBatch = 16;
    private const int LargestBatch = 1024;

    // Limits the rows to 64 MiB, and their results to the same.
    private const int MostFloats = 1 << 24;

    private readonly AttackColumns _columns;
    private readonly BlackBoxAttackTransformer _transformer;
    private readonly DataViewRowCursor _rows;
    private readonly DataViewRowCursor? _ahead;
    private readonly Action<float[]>? _read;
    private readonly Func<int>? _label;
    private readonly ValueGetter<DataViewRowId>? _aheadId;
    private readonly ValueGetter<DataViewRowId>? _rowId;
    private readonly HashSet<int> _active;
    private readonly int _largest;

    private RowOutcome[] _batch = [];
    private DataViewRowId[] _ids = [];
    private long _batchStart;
    private int _nextBatch;

    public AttackCursor(IDataView source, AttackColumns columns, BlackBoxAttackTransformer transformer, DataViewSchema.Column[] needed)
    {
        _columns = columns;
        _transformer = transformer;
        _active = [.. needed.Select(c => c.Index)];
        _rows = source.GetRowCursor(needed.Where(c => !columns.IsAdded(c)).Select(c => source.Schema[c.Index]));
        _largest = Math.Clamp(MostFloats / transformer.Dimension, 1, LargestBatch);
        _nextBatch = Math.Min(transformer.LookAhead ?? FirstBatch, _largest);
        if (needed.Any(columns.IsAdded))
        {
            IDataView prepared = columns.Prepare(source);
            IEnumerable<DataViewSchema.Column> read = columns.Label is { } label ? columns.Attacked.Append(label) : columns.Attacked;
            _ahead = prepared.GetRowCursor(read.Select(column => prepared.Schema[column.Name]));
            _read = columns.RowReader(_ahead);
            _label = columns.LabelReader(_ahead);
            _aheadId = _ahead.GetIdGetter();
            _rowId = _rows.GetIdGetter();
        }
    }

    public override long Position => _rows.Position;

    public override long Batch => _rows.Batch;

    public override DataViewSchema Schema => _columns.Output;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override bool MoveNext() => _rows.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => _rows.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active; name it when the cursor is created.");
        }

        return _columns.IsAdded(column) ? _columns.Getter<TValue>(column, Outcome) : _rows.GetGetter<TValue>(_columns.Input[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _ahead?.Dispose();
        }

        base.Dispose(disposing);
    }

    private RowOutcome Outcome()
    {
        long position = _rows.Position;
        if (position < 0)
        {
            throw new InvalidOperationException("The cursor is not on a row; call MoveNext first.");
        }

        if (position >= _batchStart + _batch.Length)
        {
            Fill(position);
        }

        int at = (int)(position - _batchStart);
        DataViewRowId id = default;
        _rowId!(ref id);
        return _ids[at].Equals(id) ? _batch[at] : throw new InvalidOperationException(
            $"Row {position} was different when it was read a second time, so results cannot be matched to rows; cache the data first (AppendCacheCheckpoint, or mlContext.Data.Cache).");
    }

    // Rows before this one were not requested, so they are not attacked.
    private void Fill(long position)
    {
        do
        {
            if (!_ahead!.MoveNext())
            {
                throw new InvalidOperationException($"Row {position} was missing when it was read a second time; cache the data first.");
            }
        }
        while (_ahead.Position < position);

        int dimension = _transformer.Dimension;
        var rows = new List<float[]>(_nextBatch);
        var labels = new List<int>(_nextBatch);
        var ids = new List<DataViewRowId>(_nextBatch);
        do
        {
            DataViewRowId id = default;
            _aheadId!(ref id);
            var row = new float[dimension];
            _read!(row);
            rows.Add(row);
            labels.Add(_label!());
            ids.Add(id);
        }
        while (rows.Count < _nextBatch && _ahead.MoveNext());

        var all = new float[rows.Count * dimension];
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(all, i * dimension);
        }

        _batch = _transformer.Run(all, [.. labels], position);
        _ids = [.. ids];
        _batchStart = position;
        _nextBatch = _transformer.LookAhead is null ? Math.Min(2 * _nextBatch, _largest) : _nextBatch;
    }
}

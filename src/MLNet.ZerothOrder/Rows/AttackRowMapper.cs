using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>The attack on single rows, for a prediction engine.</summary>
internal sealed class AttackRowMapper(AttackColumns columns, BlackBoxAttackTransformer transformer) : IRowToRowMapper
{
    public DataViewSchema InputSchema => columns.Input;

    public DataViewSchema OutputSchema => columns.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => columns.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new Row(columns, transformer, input, [.. activeColumns.Select(c => c.Index)]);
    }

    private sealed class Row : DataViewRow
    {
        private readonly AttackColumns _columns;
        private readonly BlackBoxAttackTransformer _transformer;
        private readonly DataViewRow _input;
        private readonly DataViewRow _owner;
        private readonly HashSet<int> _active;
        private readonly Action<float[]>? _read;
        private readonly Func<int>? _label;
        private long _position = -1;
        private RowOutcome? _outcome;

        public Row(AttackColumns columns, BlackBoxAttackTransformer transformer, DataViewRow input, HashSet<int> active)
        {
            _columns = columns;
            _transformer = transformer;
            _input = _owner = input;
            _active = active;
            if (active.Any(index => index >= columns.Input.Count))
            {
                _owner = columns.Prepare(input);
                _read = columns.RowReader(_owner);
                _label = columns.LabelReader(input);
            }
        }

        public override DataViewSchema Schema => _columns.Output;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => !IsColumnActive(column)
            ? throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active; name it when the row is created.")
            : _columns.IsAdded(column) ? _columns.Getter<TValue>(column, Outcome) : _input.GetGetter<TValue>(_input.Schema[column.Index]);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _owner.Dispose();
            }

            base.Dispose(disposing);
        }

        private RowOutcome Outcome()
        {
            if (_outcome is null || _position != _input.Position)
            {
                var row = new float[_transformer.Dimension];
                _read!(row);
                _outcome = _transformer.Run(row, [_label!()], _input.Position)[0];
                _position = _input.Position;
            }

            return _outcome;
        }
    }
}

using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle over a fitted ML.NET model. Setting up an ML.NET pipeline, with its threads, costs as much as hundreds of rows of a small model, so one row, whose values change, serves all calls of a
/// caller, as in a prediction engine. A model that may drop or repeat rows gets a data view for each call instead. A single score s, as from binary trainers, becomes the scores 0 and s of two classes, a probability p the scores 1 − p and p.
/// </summary>
internal sealed class TransformerOracle : IQueryOracle
{
    private readonly ITransformer _model;
    private readonly ViewOf _view;
    private readonly string _scoreColumn;
    private readonly int _classes;
    private readonly ScoreKind _single;
    private readonly ConcurrentBag<Pass> _passes = [];
    private bool _disposed;

    /// <param name="model">The model.</param>
    /// <param name="inputLength">Floats per row.</param>
    /// <param name="view">Rows in memory as a data view.</param>
    /// <param name="scoreColumn">The column of the scores.</param>
    /// <param name="classes">The scores of a row.</param>
    /// <param name="stated">What the scores are, as the user states; null for not stated.</param>
    public TransformerOracle(ITransformer model, int inputLength, ViewOf view, string scoreColumn, int classes, ScoreKind? stated)
    {
        // ML.NET's binary trainers write the column Probability beside Score.
        _single = stated ?? (scoreColumn == "Probability" ? ScoreKind.Probabilities : ScoreKind.Logits);
        _model = model;
        _view = view;
        _scoreColumn = scoreColumn;
        _classes = classes;
        InputLength = inputLength;
    }

    /// <summary>A data view of so many rows, whose values are asked for by position.</summary>
    public delegate IDataView ViewOf(long count, Func<long, ReadOnlyMemory<float>> rows);

    public int InputLength { get; }

    public int ScoreLength => Math.Max(2, _classes);

    public ScoreKind? Scores => _classes == 1 ? _single : null;

    public int Concurrency => Environment.ProcessorCount;

    public int PreferredRows => _model.IsRowToRowMapper ? 256 : 1024;

    public void Score(QueryBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Pass? pass = null;
        try
        {
            if (!_model.IsRowToRowMapper)
            {
                using var once = new Pass(this, batch.Rows, batch.Inputs);
                once.Score(batch, isLast: true);
                return;
            }

            pass = _passes.TryTake(out Pass? open) ? open : new Pass(this, long.MaxValue, default);
            pass.Score(batch, isLast: false);
            _passes.Add(pass);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            pass?.Dispose();
            if (e is OracleException or OperationCanceledException)
            {
                throw;
            }

            throw new OracleException($"The model failed on a call of {batch.Rows} rows: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_passes.TryTake(out Pass? pass))
        {
            pass.Dispose();
        }
    }

    // A pass over rows whose values are those of the current batch.
    private sealed class Pass : IDisposable
    {
        private readonly int _inputLength;
        private readonly ScoreKind _single;
        private readonly DataViewRowCursor _cursor;
        private readonly DataViewRow _scored;
        private readonly ValueGetter<float>? _one;
        private readonly ValueGetter<VBuffer<float>>? _all;
        private ReadOnlyMemory<float> _inputs;
        private VBuffer<float> _scores;
        private long _first;

        // A data view is read by threads of ML.NET's own from its start on, so its values are needed at once.
        public Pass(TransformerOracle oracle, long rows, ReadOnlyMemory<float> inputs)
        {
            _inputLength = oracle.InputLength;
            _single = oracle._single;
            _inputs = inputs;
            IDataView view = oracle._view(rows, Row);
            DataViewRow scored;
            DataViewSchema.Column column;
            if (oracle._model.IsRowToRowMapper)
            {
                IRowToRowMapper mapper = oracle._model.GetRowToRowMapper(view.Schema);
                column = mapper.OutputSchema[oracle._scoreColumn];
                _cursor = view.GetRowCursor(mapper.GetDependencies([column]));
                scored = mapper.GetRow(_cursor, [column]);
            }
            else
            {
                IDataView all = oracle._model.Transform(view);
                column = all.Schema[oracle._scoreColumn];
                scored = _cursor = all.GetRowCursor([column]);
            }

            _scored = scored;
            (_one, _all) = oracle._classes == 1 ? (scored.GetGetter<float>(column), (ValueGetter<VBuffer<float>>?)null) : (null, scored.GetGetter<VBuffer<float>>(column));
        }

        public void Score(QueryBatch batch, bool isLast)
        {
            _inputs = batch.Inputs;
            int row = 0;
            for (; row < batch.Rows && _cursor.MoveNext(); row++)
            {
                Span<float> scores = batch.Score(row);
                if (_one is not null)
                {
                    float score = 0;
                    _one(ref score);
                    _single.Pair(score, scores);
                }
                else
                {
                    _all!(ref _scores);
                    _scores.CopyTo(scores);
                }
            }

            if (row < batch.Rows || (isLast && _cursor.MoveNext()))
            {
                throw new OracleException($"The model gave {(row < batch.Rows ? "fewer" : "more")} rows of scores than the {batch.Rows} rows of the call; use a model that does not filter or repeat rows.");
            }

            _first += batch.Rows;
            _inputs = default;
        }

        public void Dispose()
        {
            _scored.Dispose();
            _cursor.Dispose();
        }

        private ReadOnlyMemory<float> Row(long row) => _inputs.Slice((int)(row - _first) * _inputLength, _inputLength);
    }
}

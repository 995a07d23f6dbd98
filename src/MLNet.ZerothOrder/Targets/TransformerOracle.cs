using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle over a fitted ML.NET model. A batch is one data view, and its scores are read in one pass. A single score s, as from
/// binary trainers, becomes the scores 0 and s of two classes.
/// </summary>
internal sealed class TransformerOracle : IQueryOracle
{
    private readonly ITransformer _model;
    private readonly Func<QueryBatch, IDataView> _view;
    private readonly string _scoreColumn;
    private readonly int _classes;
    private bool _disposed;

    /// <param name="model">The model.</param>
    /// <param name="inputLength">Floats per row.</param>
    /// <param name="view">The rows of a batch as a data view.</param>
    /// <param name="scoreColumn">The column of the scores.</param>
    /// <param name="classes">The scores of a row.</param>
    public TransformerOracle(ITransformer model, int inputLength, Func<QueryBatch, IDataView> view, string scoreColumn, int classes)
    {
        _model = model;
        _view = view;
        _scoreColumn = scoreColumn;
        _classes = classes;
        InputLength = inputLength;
    }

    public int InputLength { get; }

    public int ScoreLength => Math.Max(2, _classes);

    public int Concurrency => Environment.ProcessorCount;

    // Setting up an ML.NET pipeline costs as much as hundreds of rows of a small model.
    public int PreferredRows => 1024;

    public void Score(QueryBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            Fill(batch);
        }
        catch (Exception e) when (e is not OracleException and not OperationCanceledException and not OutOfMemoryException)
        {
            throw new OracleException($"The model failed on a call of {batch.Rows} rows: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    public void Dispose() => _disposed = true;

    private void Fill(QueryBatch batch)
    {
        IDataView scored = _model.Transform(_view(batch));
        DataViewSchema.Column column = scored.Schema[_scoreColumn];
        using DataViewRowCursor cursor = scored.GetRowCursor([column]);
        int row = 0;
        if (_classes == 1)
        {
            ValueGetter<float> one = cursor.GetGetter<float>(column);
            for (; row < batch.Rows && cursor.MoveNext(); row++)
            {
                Span<float> scores = batch.Score(row);
                scores[0] = 0;
                one(ref scores[1]);
            }
        }
        else
        {
            ValueGetter<VBuffer<float>> all = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> buffer = default;
            for (; row < batch.Rows && cursor.MoveNext(); row++)
            {
                all(ref buffer);
                buffer.CopyTo(batch.Score(row));
            }
        }

        if (row < batch.Rows || cursor.MoveNext())
        {
            throw new OracleException($"The model gave {(row < batch.Rows ? "fewer" : "more")} rows of scores than the {batch.Rows} rows of the call; use a model that does not filter or repeat rows.");
        }
    }
}

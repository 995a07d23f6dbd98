using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A fitted ML.NET model that counts how often it was asked, and about how many rows.</summary>
internal sealed class CountingModel(ITransformer inner) : ITransformer
{
    private int _calls;
    private int _rows;

    public int Calls => _calls;

    public int Rows => _rows;

    // So the rows are asked in data views, which can be counted.
    public bool IsRowToRowMapper => false;

    public IDataView Transform(IDataView input)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _rows, (int)input.GetRowCount()!.Value);
        return inner.Transform(input);
    }

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => inner.GetRowToRowMapper(inputSchema);

    public void Save(ModelSaveContext ctx) => inner.Save(ctx);
}

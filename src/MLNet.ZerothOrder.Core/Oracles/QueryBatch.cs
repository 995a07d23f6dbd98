namespace MLNet.ZerothOrder;

/// <summary>
/// The rows of one oracle call: inputs, keys and, after the call, scores. Its memory is pinned, so that an oracle
/// can bind native tensors to it once and run over it without copies. Made by <see cref="IQueryOracle.CreateBatch"/>.
/// </summary>
public class QueryBatch : IDisposable
{
    private readonly float[] _inputs;
    private readonly float[] _scores;
    private readonly RowKey[] _keys;
    private int _rows;

    /// <summary>A batch of at most <paramref name="capacity"/> rows of <paramref name="inputLength"/> floats in and <paramref name="scoreLength"/> floats out.</summary>
    public QueryBatch(int capacity, int inputLength, int scoreLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scoreLength);
        Capacity = capacity;
        InputLength = inputLength;
        ScoreLength = scoreLength;
        _inputs = GC.AllocateArray<float>(checked(capacity * inputLength), pinned: true);
        _scores = GC.AllocateArray<float>(checked(capacity * scoreLength), pinned: true);
        _keys = new RowKey[capacity];
    }

    /// <summary>The most rows that one call can carry.</summary>
    public int Capacity { get; }

    /// <summary>Floats per input row.</summary>
    public int InputLength { get; }

    /// <summary>Floats per score row.</summary>
    public int ScoreLength { get; }

    /// <summary>Rows in use, 0..<see cref="Capacity"/>; an oracle scores exactly these.</summary>
    public int Rows
    {
        get => _rows;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            _rows = value;
        }
    }

    /// <summary>All input rows' memory, <see cref="Capacity"/> × <see cref="InputLength"/>, row after row.</summary>
    public Memory<float> Inputs => _inputs;

    /// <summary>All score rows' memory, <see cref="Capacity"/> × <see cref="ScoreLength"/>, row after row.</summary>
    public Memory<float> Scores => _scores;

    /// <summary>One input row.</summary>
    public Span<float> Input(int row) => _inputs.AsSpan(row * InputLength, InputLength);

    /// <summary>One score row; meaningful after <see cref="IQueryOracle.Score"/>.</summary>
    public Span<float> Score(int row) => _scores.AsSpan(row * ScoreLength, ScoreLength);

    /// <summary>One row's key.</summary>
    public ref RowKey Key(int row) => ref _keys[row];

    /// <summary>Releases what an oracle bound to this batch.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

namespace MLNet.ZerothOrder;

/// <summary>
/// A batch with native tensors over its memory. There is one binding per number of rows in use. Float rows that the model takes unchanged
/// are not copied. Other rows go through a staging buffer in the model's number format, as do the rows of a model with a fixed
/// number of rows.
/// </summary>
internal sealed class OnnxBatch : QueryBatch
{
    private readonly OnnxClassifierOracle _owner;
    private readonly RowEncoder _encoder;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;
    private readonly bool _stagesInput;
    private readonly bool _stagesOutput;
    private readonly int _chunk;
    private readonly int? _fixedRows;
    private readonly Binding?[] _bindings;
    private bool _disposed;

    public OnnxBatch(OnnxClassifierOracle owner, int capacity, PixelEncoding encoding)
        : base(capacity, owner.InputLength, owner.ScoreLength)
    {
        _owner = owner;
        _encoder = new RowEncoder(owner.Info.Image, owner.Info.Layout, encoding);
        _fixedRows = owner.Info.FixedRows;
        _chunk = _fixedRows ?? capacity;
        _stagesInput = _fixedRows is not null || !_encoder.IsIdentity || owner.Info.InputType != OnnxElementType.Float32;
        _stagesOutput = _fixedRows is not null || owner.Info.OutputType != OnnxElementType.Float32;
        _input = _stagesInput ? new TensorBuffer(owner.Info.InputType, checked(_chunk * InputLength)) : new TensorBuffer(Inputs);
        _output = _stagesOutput ? new TensorBuffer(owner.Info.OutputType, checked(_chunk * ScoreLength)) : new TensorBuffer(Scores);
        _bindings = new Binding?[_chunk + 1];
        owner.Retain();
    }

    public bool IsFrom(OnnxClassifierOracle oracle) => ReferenceEquals(_owner, oracle);

    /// <summary>Scores the rows in use.</summary>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int start = 0; start < Rows; start += _chunk)
        {
            int rows = Math.Min(_chunk, Rows - start);
            if (_stagesInput)
            {
                for (int row = 0; row < rows; row++)
                {
                    _input.Write(row * InputLength, _encoder.Encode(Input(start + row)));
                }
            }

            int sent = _fixedRows ?? rows;
            if (rows < sent)
            {
                _input.Clear(rows * InputLength, (sent - rows) * InputLength);
            }

            _owner.Run(_bindings[sent] ??= _owner.Bind(_input, _output, sent), rows);
            if (_stagesOutput)
            {
                _output.Read(0, Scores.Span.Slice(start * ScoreLength, rows * ScoreLength));
            }
        }
    }

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            foreach (var binding in _bindings)
            {
                binding?.Dispose();
            }

            _owner.Release();
        }

        base.Dispose();
    }
}

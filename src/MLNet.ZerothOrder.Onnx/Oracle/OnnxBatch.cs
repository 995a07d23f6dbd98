namespace MLNet.ZerothOrder;

/// <summary>
/// A batch with native tensors over its memory. There is one binding per number of rows in use. Float rows that the model takes unchanged
/// are not copied. Other rows go through a staging buffer in the model's number format, as do the rows of a model with a fixed
/// number of rows, or one that is called with one row at a time.
/// </summary>
internal sealed class OnnxBatch : QueryBatch
{
    private readonly OnnxClassifierOracle _owner;
    private readonly RowEncoder _encoder;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;
    private readonly bool _stagesInput;
    private readonly bool _stagesOutput;
    private readonly int _outputs;
    private readonly int _chunk;
    private readonly int? _fixedRows;
    private readonly Binding?[] _bindings;
    private LoneRow? _lone;
    private bool _disposed;

    public OnnxBatch(OnnxClassifierOracle owner, int capacity, PixelEncoding encoding)
        : base(capacity, owner.InputLength, owner.ScoreLength)
    {
        _owner = owner;
        _encoder = new RowEncoder(owner.Info.Image, owner.Info.Layout, encoding);
        _fixedRows = owner.Info.FixedRows;
        _outputs = owner.Outputs;
        _chunk = owner.Info.CallRows == CallRows.One ? 1 : _fixedRows ?? capacity;
        int sent = _fixedRows ?? _chunk;

        // A row that is sent alone is copied to a fixed address, because results may depend on the address.
        bool isWhole = sent == capacity && _fixedRows is null;
        _stagesInput = !isWhole || !_encoder.IsIdentity || owner.Info.InputType != OnnxElementType.Float32;
        _stagesOutput = !isWhole || owner.Info.OutputType != OnnxElementType.Float32 || _outputs != ScoreLength;
        _input = _stagesInput ? new TensorBuffer(owner.Info.InputType, checked(sent * InputLength)) : new TensorBuffer(Inputs);
        _output = _stagesOutput ? new TensorBuffer(owner.Info.OutputType, checked(sent * _outputs)) : new TensorBuffer(Scores);
        _bindings = new Binding?[sent + 1];
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
            if (rows == 1 && _owner.Info.CallRows == CallRows.TwoOrMore)
            {
                (_lone ??= new LoneRow(_owner)).Score(_encoder, Input(start), Score(start));
                continue;
            }

            if (_stagesInput)
            {
                for (int row = 0; row < rows; row++)
                {
                    _encoder.Write(Input(start + row), _input, row * InputLength);
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
                _owner.Read(_output, Scores.Span.Slice(start * ScoreLength, rows * ScoreLength));
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

            _lone?.Dispose();
            _owner.Release();
        }

        base.Dispose();
    }

    // Sends a lone row twice, because ONNX Runtime computes a single row with other kernels.
    private sealed class LoneRow : IDisposable
    {
        private readonly OnnxClassifierOracle _owner;
        private readonly TensorBuffer _input;
        private readonly TensorBuffer _output;
        private readonly Binding _binding;

        public LoneRow(OnnxClassifierOracle owner)
        {
            _owner = owner;
            _input = new TensorBuffer(owner.Info.InputType, 2 * owner.InputLength);
            _output = new TensorBuffer(owner.Info.OutputType, 2 * owner.Outputs);
            _binding = owner.Bind(_input, _output, 2);
        }

        public void Score(RowEncoder encoder, ReadOnlySpan<float> row, Span<float> scores)
        {
            encoder.Write(row, _input, 0);
            encoder.Write(row, _input, row.Length);
            _owner.Run(_binding, 1);
            _owner.Read(_output, scores);
        }

        public void Dispose() => _binding.Dispose();
    }
}

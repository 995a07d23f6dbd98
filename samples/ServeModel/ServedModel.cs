using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ServeModel;

/// <summary>An ONNX model with one input and one output of scores, ready to be asked by many requests at a time.</summary>
public sealed class ServedModel : IDisposable
{
    // Results may depend on where a tensor begins in memory.
    private const nuint Alignment = 64;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly SemaphoreSlim _free;
    private readonly ConcurrentBag<Buffer> _buffers = [];

    public ServedModel(string path, string name, int mostRows)
    {
        // One thread for each request, and as many requests as processors, is faster than all threads for one request.
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(path, options);
        _free = new SemaphoreSlim(Environment.ProcessorCount);
        Name = name;
        MostRows = mostRows;
        Input = Tensor(_session.InputNames[0], _session.InputMetadata);
        Output = Tensor(_session.OutputNames[0], _session.OutputMetadata);
        RowLength = Input.Shape[1..].Aggregate(1, (product, dim) => product * (int)dim);
        Classes = (int)Output.Shape[^1];
    }

    public string Name { get; }

    /// <summary>The most rows of a request.</summary>
    public int MostRows { get; }

    public TensorInfo Input { get; }

    public TensorInfo Output { get; }

    /// <summary>The values of an image.</summary>
    public int RowLength { get; }

    public int Classes { get; }

    /// <summary>Scores images.</summary>
    /// <param name="shape">The shape of the input as the request says it.</param>
    /// <param name="write">Writes the images' values.</param>
    /// <param name="cancellation">Cancelled when the client has gone.</param>
    /// <exception cref="ArgumentException">The shape is not that of the model's images, or there are too many.</exception>
    public async Task<float[]> ScoreAsync(IReadOnlyList<long> shape, Action<Span<float>> write, CancellationToken cancellation)
    {
        bool fits = shape.Count == Input.Shape.Length && shape[0] >= 1 && Input.Shape.Select((dim, axis) => axis == 0 || dim == shape[axis]).All(same => same);
        if (!fits)
        {
            throw new ArgumentException($"the input has the shape [{string.Join(", ", shape)}], the model takes [{string.Join(", ", Input.Shape)}]");
        }

        int rows = (int)Math.Min(shape[0], int.MaxValue);
        if (rows > MostRows)
        {
            throw new ArgumentException($"{rows} images are more than the {MostRows} of a request");
        }

        await _free.WaitAsync(cancellation);
        if (!_buffers.TryTake(out Buffer? buffer))
        {
            buffer = new Buffer(MostRows * RowLength);
        }

        try
        {
            return Score(rows, write, buffer);
        }
        finally
        {
            _buffers.Add(buffer);
            _free.Release();
        }
    }

    public void Dispose()
    {
        foreach (Buffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _run.Dispose();
        _session.Dispose();
    }

    private float[] Score(int rows, Action<Span<float>> write, Buffer buffer)
    {
        write(buffer.Floats(rows * RowLength));
        long[] dims = [rows, .. Input.Shape[1..]];
        using OrtValue input = buffer.Tensor(dims);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_run, [Input.Name], [input], [Output.Name]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static TensorInfo Tensor(string name, IReadOnlyDictionary<string, NodeMetadata> all)
    {
        NodeMetadata metadata = all[name];
        return metadata.ElementDataType == TensorElementType.Float ? new TensorInfo(name, "FP32", [.. metadata.Dimensions.Select(dim => (long)dim)])
            : throw new ArgumentException($"'{name}' is {metadata.ElementDataType}; this server serves models of float32");
    }

    private sealed unsafe class Buffer(int length) : IDisposable
    {
        private readonly float* _start = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);

        public Span<float> Floats(int count) => new(_start, count);

        public OrtValue Tensor(long[] dims) => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, dims, (nint)_start, dims.Aggregate(1L, (product, dim) => product * dim) * sizeof(float));

        public void Dispose() => NativeMemory.AlignedFree(_start);
    }
}

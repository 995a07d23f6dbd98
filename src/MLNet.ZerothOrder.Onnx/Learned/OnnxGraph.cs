using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Runs a small graph with ONNX Runtime on one CPU thread, over memory that is bound once. After the first run in some
/// dimension, further runs allocate nothing. Thread-safe.
/// </summary>
internal sealed class OnnxGraph : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stack<Buffers>> _idle = [];
    private readonly (string Name, bool IsInput, Func<int, long[]> Shape)[] _tensors;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions;
    private bool _disposed;

    /// <param name="model">The content of the model file.</param>
    /// <param name="tensors">The inputs and outputs, all floats, and their shapes for d coordinates.</param>
    /// <exception cref="InputException">ONNX Runtime cannot be loaded.</exception>
    public OnnxGraph(byte[] model, params (string Name, bool IsInput, Func<int, long[]> Shape)[] tensors)
    {
        // Must come before any other use of ONNX Runtime.
        OnnxEnvironment.Open();
        _tensors = tensors;
        using SessionOptions options = OnnxSession.Options();
        _session = new InferenceSession(model, options);
        _runOptions = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    }

    /// <summary>Takes memory for one run in d coordinates. Return it with <see cref="Return"/>.</summary>
    /// <exception cref="ObjectDisposedException">The graph is disposed.</exception>
    public Buffers Take(int dimension)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryGetValue(dimension, out Stack<Buffers>? stack) && stack.TryPop(out Buffers? buffers))
            {
                return buffers;
            }
        }

        return new Buffers(this, dimension);
    }

    /// <summary>Returns memory for later runs.</summary>
    public void Return(int dimension, Buffers buffers)
    {
        lock (_gate)
        {
            if (!_idle.TryGetValue(dimension, out Stack<Buffers>? stack))
            {
                stack = _idle[dimension] = new Stack<Buffers>(Environment.ProcessorCount);
            }

            stack.Push(buffers);
        }
    }

    /// <summary>Releases the native session. No run may be in progress.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (Buffers buffers in _idle.Values.SelectMany(stack => stack))
            {
                buffers.Dispose();
            }
        }

        _runOptions.Dispose();
        _session.Dispose();
    }

    /// <summary>Pinned memory for one run, bound to the session once. Owns its native handles.</summary>
    public sealed class Buffers : IDisposable
    {
        private readonly List<OrtValue> _values = [];
        private readonly OnnxGraph _graph;
        private readonly OrtIoBinding _binding;
        private readonly AlignedArray<float>[] _memory;

        public Buffers(OnnxGraph graph, int dimension)
        {
            _graph = graph;
            _memory = new AlignedArray<float>[graph._tensors.Length];
            _binding = graph._session.CreateIoBinding();
            try
            {
                for (int i = 0; i < _memory.Length; i++)
                {
                    (string name, bool isInput, Func<int, long[]> shape) = graph._tensors[i];
                    long[] dims = shape(dimension);
                    _memory[i] = new AlignedArray<float>(checked((int)dims.Aggregate((product, dim) => product * dim)));
                    OrtValue value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _memory[i].Memory, dims);
                    _values.Add(value);
                    if (isInput)
                    {
                        _binding.BindInput(name, value);
                    }
                    else
                    {
                        _binding.BindOutput(name, value);
                    }
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>The memory of one of the graph's tensors.</summary>
        public Span<float> this[int tensor] => _memory[tensor].Span;

        /// <summary>Makes one native call over the memory.</summary>
        public void Run() => _graph._session.RunWithBinding(_graph._runOptions, _binding);

        public void Dispose()
        {
            _binding.Dispose();
            foreach (OrtValue value in _values)
            {
                value.Dispose();
            }
        }
    }
}

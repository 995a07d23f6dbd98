using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>
/// A learned optimizer's step through ONNX Runtime on one thread of the CPU, running what <see cref="OptimizerFile"/> writes. After
/// a caller's first step of some dimension further ones allocate nothing. State: a coordinate's numbers side by side.
/// </summary>
public sealed class OnnxStep : ILearnedStep, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stack<OnnxStepBinding>> _idle = [];
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions;
    private readonly int _width;
    private bool _disposed;

    /// <param name="model">What was learned.</param>
    /// <exception cref="InputException">ONNX Runtime cannot be loaded.</exception>
    public OnnxStep(LearnedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        // Before anything else of ONNX Runtime is touched.
        OnnxEnvironment.Open();
        HasQuery = model.Query is not null;
        _width = StepGraph.StateWidth(model);
        using SessionOptions options = OnnxSession.Options();
        _session = new InferenceSession(OptimizerFile.ToBytes(model), options);
        _runOptions = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    }

    /// <inheritdoc/>
    public bool HasQuery { get; }

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_width * dimension);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The step is disposed.</exception>
    public void Run(
        ReadOnlySpan<float> gradient,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation)
    {
        int dimension = gradient.Length;
        LearnedStepSpans.Check(dimension, applied, StateLength(dimension), state, update, deviation);
        if (dimension == 0)
        {
            return;
        }

        OnnxStepBinding binding = Take(dimension);
        try
        {
            binding.Run(_runOptions, gradient, applied, scale, state, update, deviation);
        }
        finally
        {
            Return(dimension, binding);
        }
    }

    /// <summary>Releases the native session; no step may be under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (OnnxStepBinding binding in _idle.Values.SelectMany(stack => stack))
            {
                binding.Dispose();
            }
        }

        _runOptions.Dispose();
        _session.Dispose();
    }

    private OnnxStepBinding Take(int dimension)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryGetValue(dimension, out Stack<OnnxStepBinding>? stack) && stack.TryPop(out OnnxStepBinding? binding))
            {
                return binding;
            }
        }

        return new OnnxStepBinding(_session, dimension, _width, HasQuery);
    }

    private void Return(int dimension, OnnxStepBinding binding)
    {
        lock (_gate)
        {
            if (!_idle.TryGetValue(dimension, out Stack<OnnxStepBinding>? stack))
            {
                stack = _idle[dimension] = new Stack<OnnxStepBinding>(Environment.ProcessorCount);
            }

            stack.Push(binding);
        }
    }
}

namespace MLNet.ZerothOrder;

/// <summary>
/// A learned optimizer's step through ONNX Runtime on one thread of the CPU, running what <see cref="OptimizerFile"/> writes. After
/// a caller's first step of some dimension further ones allocate nothing. State: a coordinate's numbers side by side.
/// </summary>
public sealed class OnnxStep : ILearnedStep, IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly int _width;

    /// <param name="model">What was learned, of the paper's kind or gated.</param>
    /// <exception cref="ArgumentException">The model is of another kind.</exception>
    /// <exception cref="InputException">ONNX Runtime cannot be loaded.</exception>
    public OnnxStep(LearnedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Kind is not (LearnedKind.Paper or LearnedKind.Gated))
        {
            throw new ArgumentException($"The model is {model.Kind}; an {nameof(OnnxStep)} runs UpdateRNN and QueryRNN.", nameof(model));
        }

        HasQuery = model.Query is not null;
        Inputs = model.Update.Inputs;
        _width = StepGraph.StateWidth(model);
        (string, bool, Func<int, long[]>)[] tensors =
        [
            model.Kind == LearnedKind.Gated ? (StepGraph.Features, true, d => [1, GatedStep.NetworkInputs, d]) : (StepGraph.Gradient, true, d => [1, d]),
            (StepGraph.State, true, d => [1, d, _width]),
            (StepGraph.Scale, true, d => [1]),
            (StepGraph.Update, false, d => [1, d]),
            (StepGraph.Deviation, false, d => [1, d]),
            (StepGraph.NewState, false, d => [1, d, _width]),
        ];
        _graph = new OnnxGraph(OptimizerFile.ToBytes(model), HasQuery ? [.. tensors, (StepGraph.AppliedUpdate, true, d => [1, d])] : tensors);
    }

    /// <inheritdoc/>
    public bool HasQuery { get; }

    /// <inheritdoc/>
    public int Inputs { get; }

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_width * dimension);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The step is disposed.</exception>
    public void Run(
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation)
    {
        int dimension = inputs.Length / Inputs;
        LearnedStepSpans.Check(dimension, applied, StateLength(dimension), state, update, deviation);
        if (dimension == 0)
        {
            return;
        }

        OnnxGraph.Buffers buffers = _graph.Take(dimension);
        try
        {
            inputs.CopyTo(buffers[0]);
            state.CopyTo(buffers[1]);
            buffers[2][0] = scale;
            if (HasQuery)
            {
                // NaN: the step's own update.
                buffers[6].AsSpan().Fill(float.NaN);
                applied.CopyTo(buffers[6]);
            }

            buffers.Run();
            buffers[5].CopyTo(state);
            if (!update.IsEmpty)
            {
                buffers[3].CopyTo(update);
            }

            if (!deviation.IsEmpty)
            {
                buffers[4].CopyTo(deviation);
            }
        }
        finally
        {
            _graph.Return(dimension, buffers);
        }
    }

    /// <summary>Releases the native session; no step may be under way.</summary>
    public void Dispose() => _graph.Dispose();
}

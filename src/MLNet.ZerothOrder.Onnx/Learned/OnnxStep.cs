namespace MLNet.ZerothOrder;

/// <summary>
/// The step of a learned optimizer, run by ONNX Runtime on one CPU thread with the graph of an <see cref="OptimizerFile"/>. After
/// the first step in some dimension, further steps allocate nothing. In the state, the numbers of a coordinate are contiguous.
/// </summary>
public sealed class OnnxStep : ILearnedStep, IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly int _width;

    /// <param name="model">A learned model, of the paper's kind or gated.</param>
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
            model.Kind == LearnedKind.Gated ? (StepGraph.Features, true, d => [1, model.Update.Inputs, d]) : (StepGraph.Gradient, true, d => [1, d]),
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
                // NaN means that the step applies its own update.
                buffers[6].Fill(float.NaN);
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

    /// <summary>Releases the native session. No step may be in progress.</summary>
    public void Dispose() => _graph.Dispose();
}

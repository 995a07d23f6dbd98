namespace MLNet.ZerothOrder;

/// <summary>
/// The network of a <see cref="LearnedProximalOptimizer"/>, run by ONNX Runtime on one CPU thread with the graph of an
/// <see cref="OptimizerFile"/>. In the state, the numbers of a coordinate are contiguous.
/// </summary>
public sealed class OnnxRnn : ICoordinatewiseRnn, IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly RnnWeights _weights;
    private readonly int _width;

    /// <param name="model">A learned model of the proximal kind.</param>
    /// <exception cref="ArgumentException">The model is of another kind.</exception>
    /// <exception cref="InputException">ONNX Runtime cannot be loaded.</exception>
    public OnnxRnn(LearnedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Kind != LearnedKind.Proximal)
        {
            throw new ArgumentException($"The model is {model.Kind}; an {nameof(OnnxRnn)} runs the network of a proximal step.", nameof(model));
        }

        _weights = model.Update;
        _width = StepGraph.StateWidth(model);
        _graph = new OnnxGraph(
            OptimizerFile.ToBytes(model with { Spatial = null }),
            (StepGraph.Features, true, d => [1, _weights.Inputs, d]),
            (StepGraph.State, true, d => [1, d, _width]),
            (StepGraph.Outputs, false, d => [1, _weights.Outputs, d]),
            (StepGraph.NewState, false, d => [1, d, _width]));
    }

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_width * dimension);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The network is disposed.</exception>
    public void Run(ReadOnlySpan<float> inputs, Span<float> state, Span<float> outputs)
    {
        LearnedStepSpans.Check(_weights, this, inputs, state, outputs, out int dimension);
        if (dimension == 0)
        {
            return;
        }

        OnnxGraph.Buffers buffers = _graph.Take(dimension);
        try
        {
            inputs.CopyTo(buffers[0]);
            state.CopyTo(buffers[1]);
            buffers.Run();
            buffers[2].CopyTo(outputs);
            buffers[3].CopyTo(state);
        }
        finally
        {
            _graph.Return(dimension, buffers);
        }
    }

    /// <summary>Releases the native session. No step may be in progress.</summary>
    public void Dispose() => _graph.Dispose();
}

using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>A coordinatewise RNN on the machine's widest registers, the same bits on every width.</summary>
/// <param name="weights">The network.</param>
public sealed class ManagedRnn(RnnWeights weights) : ICoordinatewiseRnn
{
    private readonly PackedRnn _rnn = new(weights);

    /// <inheritdoc/>
    public int StateLength(int dimension) => _rnn.StateLength(dimension);

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<float> inputs, Span<float> state, Span<float> outputs)
    {
        int dimension = outputs.Length / _rnn.Outputs;
        if (inputs.Length != _rnn.Inputs * dimension || outputs.Length != _rnn.Outputs * dimension || state.Length != StateLength(dimension))
        {
            throw new ArgumentException(
                $"{inputs.Length} inputs, {state.Length} floats of state and {outputs.Length} outputs were given; for {dimension} coordinates this network has {_rnn.Inputs * dimension}, {StateLength(dimension)} and {_rnn.Outputs * dimension}.",
                nameof(inputs));
        }

        WidestLanes.Run(new RnnKernel(_rnn, inputs, 1, state, outputs));
    }
}

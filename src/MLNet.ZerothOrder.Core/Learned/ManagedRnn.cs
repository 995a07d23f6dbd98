using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>A coordinatewise RNN on the widest registers of the machine, with the same bits on every width.</summary>
/// <param name="weights">The network.</param>
public sealed class ManagedRnn(RnnWeights weights) : ICoordinatewiseRnn
{
    private readonly PackedRnn _rnn = weights.Packed;

    /// <inheritdoc/>
    public int StateLength(int dimension) => _rnn.StateLength(dimension);

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<float> inputs, Span<float> state, Span<float> outputs)
    {
        LearnedStepSpans.Check(weights, this, inputs, state, outputs, out _);
        WidestLanes.Run(new RnnKernel(_rnn, inputs, 1, state, outputs));
    }
}

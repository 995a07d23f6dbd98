using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>Explicit backpropagation on the machine's widest registers; the same bits on every width. Safe for any number of threads.</summary>
public sealed class ManagedBackend : ITrainingBackend
{
    /// <inheritdoc/>
    public void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var rnn = new PackedRnn(weights);
        int length = RnnGradientKernel.GradientLength(rnn);
        float[] rented = ArrayPool<float>.Shared.Rent(length);
        Span<float> lanes = rented.AsSpan(0, length);
        lanes.Clear();
        WidestLanes.Run(new RnnGradientKernel(rnn, steps, inputs, state, outputGradient, inputGradient, lanes));
        Unpack(weights, lanes, weightGradient);
        ArrayPool<float>.Shared.Return(rented);
    }

    // From the kernel's order, unit after unit, to that of RnnWeights.Values.
    private static void Unpack(RnnWeights weights, ReadOnlySpan<float> lanes, Span<float> gradient)
    {
        int inputs = weights.Inputs;
        int hidden = weights.Hidden;
        int recurrent = 4 * hidden * inputs;
        int biases = recurrent + (4 * hidden * hidden);
        int at = 0;
        for (int unit = 0; unit < hidden; unit++)
        {
            for (int column = -1; column < inputs + hidden; column++)
            {
                for (int gate = 0; gate < 4; gate++, at++)
                {
                    int row = (gate * hidden) + unit;
                    if (column >= 0 || weights.HasBias)
                    {
                        int place = column < 0 ? biases + row : column < inputs ? (row * inputs) + column : recurrent + (row * hidden) + column - inputs;
                        gradient[place] += Sum(lanes, at);
                    }
                }
            }
        }

        int outputs = gradient.Length - (weights.HasBias ? weights.Outputs : 0);
        for (int place = biases + (weights.HasBias ? 4 * hidden : 0); place < outputs; place++, at++)
        {
            gradient[place] += Sum(lanes, at);
        }

        for (int place = outputs; place < gradient.Length; place++, at++)
        {
            gradient[place] += Sum(lanes, at);
        }
    }

    private static float Sum(ReadOnlySpan<float> lanes, int weight)
    {
        double sum = 0;
        foreach (float lane in lanes.Slice(weight * RnnKernel.Block, RnnKernel.Block))
        {
            sum += lane;
        }

        return (float)sum;
    }
}

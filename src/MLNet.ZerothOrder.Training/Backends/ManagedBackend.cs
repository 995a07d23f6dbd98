using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Explicit backpropagation on the widest registers of the machine, with the same bits on every width and without allocation.
/// Thread-safe.
/// </summary>
public sealed class ManagedBackend : ITrainingBackend
{
    /// <inheritdoc/>
    public void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        if (BackwardSpans.Dimension(weights, steps, inputs, state, outputGradient, inputGradient, weightGradient) == 0)
        {
            return;
        }

        PackedRnn rnn = weights.Packed;
        int length = RnnGradientKernel.GradientLength(rnn);
        float[] rented = ArrayPool<float>.Shared.Rent(AlignedRows.Rent(length));
        Span<float> lanes = AlignedRows.Of(rented, length);
        WidestLanes.Run(new RnnGradientKernel(rnn, steps, inputs, state, outputGradient, inputGradient, lanes));
        Unpack(weights, lanes, weightGradient);
        ArrayPool<float>.Shared.Return(rented);
    }

    // Converts from the kernel's order to that of RnnWeights.Values.
    private static void Unpack(RnnWeights weights, ReadOnlySpan<float> lanes, Span<float> gradient)
    {
        int inputs = weights.Inputs;
        int hidden = weights.Hidden;
        int recurrent = 4 * hidden * inputs;
        int biases = recurrent + (4 * hidden * hidden);
        int columns = RnnGradientKernel.PaddedColumns(weights.Packed);
        for (int unit = 0; unit < hidden; unit++)
        {
            for (int column = weights.HasBias ? 0 : 1; column <= inputs + hidden; column++)
            {
                for (int gate = 0; gate < 4; gate++)
                {
                    int row = (gate * hidden) + unit;
                    int place = column == 0 ? biases + row
                        : column <= inputs ? (row * inputs) + column - 1 : recurrent + (row * hidden) + column - inputs - 1;
                    gradient[place] += Sum(lanes, (((unit * columns) + column) * 4) + gate);
                }
            }
        }

        // The other weights have the same order on both sides.
        int at = 4 * hidden * columns;
        for (int place = biases + (weights.HasBias ? 4 * hidden : 0); place < gradient.Length; place++, at++)
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

using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Explicit backpropagation through T steps of a coordinatewise RNN, on the widest registers of the machine, with the same bits on every
/// width and without allocation.
/// </summary>
public static class RnnGradient
{
    /// <summary>Adds ∂L/∂weights and sets ∂L/∂inputs. With T = 0 or d = 0 nothing changes.</summary>
    /// <param name="weights">The network.</param>
    /// <param name="steps">T.</param>
    /// <param name="inputs">T × I rows of d floats.</param>
    /// <param name="state">(h, c) before the first step, in the layout of the forward pass; not changed.</param>
    /// <param name="outputGradient">∂L/∂output, T × K rows of d floats.</param>
    /// <param name="inputGradient">Receives ∂L/∂input, T × I rows of d floats; empty if not needed.</param>
    /// <param name="weightGradient">∂L/∂weight in the order of <see cref="RnnWeights.Values"/>; added to.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        if (Dimension(weights, steps, inputs, state, outputGradient, inputGradient, weightGradient) == 0)
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

    /// <summary>Checks the spans of <see cref="Backward"/> and returns d; 0 if there is nothing to do.</summary>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static int Dimension(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        int dimension = steps > 0 ? outputGradient.Length / checked(steps * weights.Outputs) : 0;
        Check(outputGradient.Length, steps * weights.Outputs * dimension, nameof(outputGradient));
        Check(inputs.Length, checked(steps * weights.Inputs * dimension), nameof(inputs));
        Check(inputGradient.Length, inputGradient.IsEmpty ? 0 : inputs.Length, nameof(inputGradient));
        Check(weightGradient.Length, weights.Values.Length, nameof(weightGradient));
        if (dimension > 0)
        {
            Check(state.Length, RnnKernel.StateLength(weights.Hidden, dimension), nameof(state));
        }

        return dimension;
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

    private static void Check(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{name} has {length} floats and must have {expected}.", name);
        }
    }
}

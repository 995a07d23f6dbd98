using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// A training backend with TorchSharp's automatic differentiation. It is deterministic: the same numbers give the same bits. Its
/// results differ from those of <see cref="ManagedBackend"/> by rounding. Thread-safe. No tensor outlives a call.
/// </summary>
public sealed class TorchSharpBackend : ITrainingBackend, IStudentBackend, ISpatialBackend
{
    private const int StateBlock = 16;

    /// <param name="threads">
    /// The threads of one libtorch operation, at least 1, for the whole process (default: 1). The trainer runs problems on its own threads in
    /// parallel, and libtorch's threads spin while they wait.
    /// </param>
    /// <exception cref="InputException">libtorch cannot be loaded.</exception>
    public TorchSharpBackend(int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Libtorch.Load();
        set_num_threads(threads);
    }

    /// <inheritdoc/>
    public void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        int dimension = RnnGradient.Dimension(weights, steps, inputs, state, outputGradient, inputGradient, weightGradient);
        if (dimension == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = enable_grad();
        Tensor values = StudentLoss.Copy(weights.Values, weights.Values.Length).requires_grad_();
        Tensor x = StudentLoss.Copy(inputs, steps, weights.Inputs, dimension).requires_grad_(!inputGradient.IsEmpty);
        Tensor outputs = Outputs(weights, values, x, Start(weights, state, dimension));
        IList<Tensor> found = autograd.grad([outputs], inputGradient.IsEmpty ? [values] : [values, x], [StudentLoss.Copy(outputGradient, steps, weights.Outputs, dimension)]);
        System.Numerics.Tensors.TensorPrimitives.Add(weightGradient, StudentLoss.Floats(found[0]), weightGradient);
        if (!inputGradient.IsEmpty)
        {
            StudentLoss.Floats(found[1]).CopyTo(inputGradient);
        }
    }

    /// <inheritdoc/>
    public double Run(
        StudentNetwork network, ReadOnlySpan<float> weights, ReadOnlySpan<float> images, ReadOnlySpan<float> wanted, bool labels, Span<float> scores, Span<float> gradient) =>
        StudentLoss.Run(network, weights, images, wanted, labels, scores, gradient);

    /// <inheritdoc/>
    public double Run(ReadOnlySpan<float> weights, SpatialStates states, Span<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(states);
        return SpatialLoss.Run(weights, states, gradient);
    }

    // T × K × d. A step has one product, of both weights with [x; h], and one sigmoid for all gates, since tanh(g) = 2σ(2g) - 1: fewer and
    // larger operations take half the time.
    private static Tensor Outputs(RnnWeights weights, Tensor values, Tensor x, Tensor start)
    {
        int hidden = weights.Hidden;
        int rows = 4 * hidden;
        long at = 0;
        Tensor twice = ones(rows, 1);
        twice.narrow(0, 2 * hidden, hidden).fill_(2);
        Tensor gateWeights = cat([Take(rows, weights.Inputs), Take(rows, hidden)], 1).mul(twice);
        Tensor? gateBiases = weights.HasBias ? Take(rows, 1).mul(twice) : null;
        Tensor[] startParts = start.chunk(2, 0);
        (Tensor h, Tensor c) = (startParts[0], startParts[1]);
        var hs = new List<Tensor>();
        foreach (Tensor step in x.unbind(0))
        {
            Tensor from = cat([step, h], 0);
            Tensor[] gates = (gateBiases is null ? gateWeights.mm(from) : addmm(gateBiases, gateWeights, from, 1, 1)).sigmoid().chunk(4, 0);
            c = gates[1].mul(c).sub(gates[0]).addcmul(gates[0], gates[2], 2);
            h = gates[3].mul(c.tanh());
            hs.Add(h);
        }

        Tensor outputs = Take(weights.Outputs, hidden).mm(cat(hs, 1)).view(weights.Outputs, x.shape[0], -1).transpose(0, 1);
        if (weights.HasSkip)
        {
            outputs = outputs.add(Take(weights.Outputs, weights.Inputs).matmul(x));
        }

        return weights.HasBias ? outputs.add(Take(weights.Outputs, 1)) : outputs;

        // The order is that of RnnWeights.Values.
        Tensor Take(int height, int width)
        {
            Tensor part = values.narrow(0, at, height * width).view(height, width);
            at += height * width;
            return part;
        }
    }

    // Converts blocks of 16 coordinates to 2H × d.
    private static Tensor Start(RnnWeights weights, ReadOnlySpan<float> state, int dimension)
    {
        int rows = 2 * weights.Hidden;
        return StudentLoss.Copy(state, state.Length / (rows * StateBlock), rows, StateBlock).transpose(0, 1).reshape(rows, -1).narrow(1, 0, dimension);
    }
}

using MLNet.ZerothOrder.Data;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLNet.ZerothOrder.Training;

/// <summary>The loss of an optimizer's spatial part as TorchSharp's operations.</summary>
internal static class SpatialLoss
{
    // Keeps logarithms finite for states whose asked coordinates say little.
    private const double Least = 1e-3;
    private const double LargestExponent = 4;

    /// <summary>As <see cref="ISpatialBackend.Run"/>.</summary>
    public static double Run(ReadOnlySpan<float> weights, SpatialStates states, Span<float> gradient)
    {
        ImageShape shape = states.Shape;
        long count = states.Asked.Length;
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = gradient.IsEmpty ? no_grad() : enable_grad();
        Tensor values = StudentLoss.Copy(weights, weights.Length).requires_grad_(!gradient.IsEmpty);
        Tensor outputs = Outputs(values, StudentLoss.Copy(states.Maps, count, SpatialWeights.Maps, shape.Height, shape.Width), StudentLoss.Copy(states.Scalars, count, SpatialWeights.Scalars));
        Tensor gates = outputs.clamp(-LargestExponent, LargestExponent).exp();
        Tensor sigma = gates.narrow(1, 0, 1).add(gates.narrow(1, 1, 1).mul(StudentLoss.Copy(states.Sizes, count, shape.Channels, shape.Height, shape.Width))).flatten(1);
        Tensor squares = StudentLoss.Copy(states.Squares, count, shape.Length), asked = StudentLoss.Copy(states.Asked, count), q = StudentLoss.Copy(states.Directions, count);
        Tensor variance = sigma.mul(sigma);
        variance = variance.div(variance.mean([1], keepdim: true));
        Tensor loss = Quality(variance, squares, asked, q, shape.Length);
        if (!gradient.IsEmpty)
        {
            StudentLoss.Floats(autograd.grad([loss], [values])[0]).CopyTo(gradient);
        }

        return loss.item<float>();
    }

    private static Tensor Quality(Tensor variance, Tensor squares, Tensor asked, Tensor q, double d)
    {
        Tensor v = variance.mul(squares).sum(1).div(asked);
        Tensor w = variance.mul(variance).mul(squares).sum(1).div(asked);
        Tensor noise = v.mul(d).div(q).add(w.mul(q.reciprocal().add(1)));
        return noise.add(Least).log().sub(v.add(Least).log().mul(2)).mean();
    }

    /// <summary>The network's outputs, N × 2 × height × width.</summary>
    internal static Tensor Outputs(Tensor values, Tensor maps, Tensor scalars)
    {
        long at = 0;
        Tensor[] tensors = [.. SpatialWeights.Tensors.Select(tensor => Take(tensor.Shape))];
        Tensor first = F.relu(Convolve(maps, 0, 1, 1).add(F.linear(scalars, tensors[2]).unsqueeze(2).unsqueeze(3)));
        Tensor second = F.relu(Convolve(first, 3, 4, 2)).add(first);
        Tensor third = F.relu(Convolve(second, 5, 6, 4)).add(second);
        return F.conv2d(third, tensors[7], tensors[8]);

        Tensor Convolve(Tensor from, int weight, int bias, long distance) =>
            F.conv2d(from, tensors[weight], tensors[bias], padding: [distance, distance], dilation: [distance, distance]);

        Tensor Take(int[] shape)
        {
            long length = shape.Aggregate(1L, (product, side) => product * side);
            Tensor part = values.narrow(0, at, length).view([.. shape.Select(side => (long)side)]);
            at += length;
            return part;
        }
    }
}

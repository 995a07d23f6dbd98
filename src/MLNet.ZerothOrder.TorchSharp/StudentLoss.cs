using System.Runtime.InteropServices;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLNet.ZerothOrder.Training;

/// <summary>The loss of a <see cref="StudentNetwork"/> as TorchSharp's operations.</summary>
internal static class StudentLoss
{
    /// <summary>As <see cref="IStudentBackend.Run"/>.</summary>
    public static double Run(
        StudentNetwork network, ReadOnlySpan<float> weights, ReadOnlySpan<float> images, ReadOnlySpan<float> wanted, bool labels, Span<float> scores, Span<float> gradient)
    {
        int rows = images.Length / network.Image.Length;
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = gradient.IsEmpty ? no_grad() : enable_grad();
        Tensor values = Copy(weights, weights.Length).requires_grad_(!gradient.IsEmpty);
        Tensor predicted = Scores(network, values, Copy(images, rows, network.Image.Channels, network.Image.Height, network.Image.Width));
        Tensor asked = Copy(wanted, rows, network.Classes);
        Tensor loss = labels ? F.log_softmax(predicted, 1).mul(asked).sum().mul(-1.0 / rows)
            : F.smooth_l1_loss(predicted.sub(predicted.mean([1], keepdim: true)), asked);
        Floats(predicted.detach()).CopyTo(scores);
        if (!gradient.IsEmpty)
        {
            Floats(autograd.grad([loss], [values])[0]).CopyTo(gradient);
        }

        return loss.item<float>();
    }

    /// <summary>The scores of some images, N × K.</summary>
    internal static Tensor Scores(StudentNetwork network, Tensor values, Tensor images)
    {
        Tensor at = images.sub(0.5);
        long next = 0;
        for (int i = 0; i < network.Layers.Count; i++)
        {
            StudentLayer layer = network.Layers[i];
            Tensor weight = Take(layer.Weights).view([.. layer.Shape.Select(side => (long)side)]), bias = Take(layer.To.Channels);
            at = layer.IsLinear ? F.linear(at.flatten(1), weight, bias) : F.conv2d(at, weight, bias, [layer.Stride, layer.Stride], [layer.Padding, layer.Padding]);
            at = i + 1 < network.Layers.Count ? F.silu(at) : at;
            at = layer.Square > 1 ? F.avg_pool2d(at, layer.Square) : at;
        }

        return at;

        Tensor Take(int count)
        {
            next += count;
            return values.narrow(0, next - count, count);
        }
    }

    internal static Tensor Copy(ReadOnlySpan<float> values, params long[] shape)
    {
        Tensor tensor = empty(shape, ScalarType.Float32);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(tensor.bytes));
        return tensor;
    }

    internal static ReadOnlySpan<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.contiguous().bytes);
}

using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class SoftMoveTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(37)]
    [InlineData(784)]
    public void One_pass_has_the_bits_of_the_four_passes_on_registers_of_every_width(int length)
    {
        float[] theta = Draw(1), push = Draw(2), pull = [.. Draw(3).Select(Math.Abs)], center = Draw(4), gradient = Draw(5);
        float[] lower = [.. center.Select(c => c - 0.5f)], upper = [.. center.Select(c => c + 0.4f)];
        var known = new KnownTerm(0, 1, DistortionNorm.L1, center, lower, upper);
        var expected = new float[length];
        SimdKernels.ScaledAdd(theta, -0.3f, push, expected);
        SimdKernels.SoftThreshold(expected, center, pull, expected);
        SimdKernels.Clip(expected, lower, upper, expected);
        foreach (Width lanes in Width.All)
        {
            var x = new float[length];
            double product = double.NaN;
            lanes.Run(new SoftMove(theta, 0.3f, push, pull, known, gradient, x, ref product));
            x.ShouldBe(expected, $"{lanes}");
            product.ShouldBe(SimdKernels.Dot(expected, gradient), $"{lanes}");
        }

        float[] Draw(int seed)
        {
            var values = new float[length];
            CounterRandom.Normals(RandomKey.FromSeed(seed), values);
            return values;
        }
    }
}

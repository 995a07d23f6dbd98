using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class SimdKernelsTests
{
    private static readonly float[] X = [0.25f, 0.5f, 0.75f];
    private static readonly float[] Y = [1, -2, 0.125f];

    [Fact]
    public void Each_method_computes_what_its_name_says()
    {
        float[] d = [10, 20, 30];
        SimdKernels.Axpy(2, X, d);
        d.ShouldBe([10.5f, 21, 31.5f]);
        SimdKernels.ScaledAdd(X, -2, Y, d);
        d.ShouldBe([-1.75f, 4.5f, 0.5f]);
        SimdKernels.AddClip(X, Y, d);
        d.ShouldBe([1, 0, 0.875f]);
        SimdKernels.SoftThreshold(X, [0, 0.5f, 1], [0.125f, 0.125f, 1], d);
        d.ShouldBe([0.125f, 0.5f, 1]);
        SimdKernels.Tanh(Y, d);
        d.ShouldBe([.. Y.Select(MathF.Tanh)], 3e-7);
        SimdKernels.Sigmoid(Y, d);
        d.ShouldBe([.. Y.Select(v => 1 / (1 + MathF.Exp(-v)))], 3e-7);
        SimdKernels.TanhBox(Y, d);
        d.ShouldBe([.. Y.Select(v => (MathF.Tanh(v) + 1) / 2)], 3e-7);
        SimdKernels.TanhBoxInverse(X, 1e-6f, d);
        d.ShouldBe([.. X.Select(v => MathF.Atanh((2 * v) - 1))], 3e-7);
        SimdKernels.Dot(X, Y).ShouldBe(-0.65625);
        SimdKernels.SumOfSquares(X).ShouldBe(0.875);
        SimdKernels.L1Distance(X, Y).ShouldBe(3.875);
        SimdKernels.L2Distance(X, Y).ShouldBe(Math.Sqrt(7.203125));
        SimdKernels.LInfDistance(X, Y).ShouldBe(2.5);
    }

    [Fact]
    public void Encoding_a_pixel_and_decoding_it_gives_it_back()
    {
        float[] pixels = [.. Enumerable.Range(0, 256).Select(i => i / 255f)];
        float[] there = new float[256];
        SimdKernels.TanhBoxInverse(pixels, 1e-6f, there);
        SimdKernels.TanhBox(there, there);
        there.ShouldBe(pixels, 1.5e-6);
    }

    [Fact]
    public void Spans_of_different_lengths_are_named()
    {
        float[] four = new float[4];
        float[] five = new float[5];
        Refused(() => SimdKernels.Axpy(1, five, four), "x has 5 elements; the other spans have 4");
        Refused(() => SimdKernels.ScaledAdd(four, 1, five, four), "u has 5 elements");
        Refused(() => SimdKernels.ScaledAdd(four, 1, four, five), "destination has 5 elements");
        Refused(() => SimdKernels.AddClip(four, five, four), "delta has 5 elements");
        Refused(() => SimdKernels.SoftThreshold(four, five, four, four), "center has 5 elements");
        Refused(() => SimdKernels.SoftThreshold(four, four, five, four), "threshold has 5 elements");
        Refused(() => SimdKernels.Tanh(four, five), "destination has 5 elements");
        Refused(() => SimdKernels.Sigmoid(four, five), "destination has 5 elements");
        Refused(() => SimdKernels.TanhBox(four, five), "destination has 5 elements");
        Refused(() => SimdKernels.TanhBoxInverse(four, 0.1f, five), "destination has 5 elements");
        Refused(() => SimdKernels.Dot(four, five), "y has 5 elements");
        Refused(() => SimdKernels.L1Distance(four, five), "y has 5 elements");
        Refused(() => SimdKernels.L2Distance(four, five), "y has 5 elements");
        Refused(() => SimdKernels.LInfDistance(four, five), "y has 5 elements");
    }

    [Fact]
    public void A_destination_that_overlaps_an_input_at_an_offset_is_refused()
    {
        float[] numbers = new float[20];
        Refused(() => SimdKernels.Tanh(numbers.AsSpan(0, 10), numbers.AsSpan(3, 10)), "offset of 3 elements");
        Refused(() => SimdKernels.Axpy(1, numbers.AsSpan(1, 10), numbers.AsSpan(0, 10)), "overlaps an input");
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-8f)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void An_epsilon_that_leaves_no_box_or_no_logarithm_is_refused(float epsilon) =>
        Should.Throw<ArgumentOutOfRangeException>(() => SimdKernels.TanhBoxInverse(X, epsilon, new float[3]))
            .ParamName.ShouldBe("epsilon");

    [Fact]
    public void Nothing_is_allocated()
    {
        float[] x = new float[1000];
        float[] y = new float[1000];
        double total = 0;
        void All()
        {
            CounterRandom.Normals(RandomKey.FromSeed(1), 7, x);
            CounterRandom.Uniforms(RandomKey.FromSeed(1), y);
            SimdKernels.Axpy(0.5f, x, y);
            SimdKernels.ScaledAdd(x, 0.5f, y, y);
            SimdKernels.AddClip(x, y, y);
            SimdKernels.SoftThreshold(x, y, y, y);
            SimdKernels.Tanh(x, y);
            SimdKernels.Sigmoid(x, y);
            SimdKernels.TanhBox(x, y);
            SimdKernels.TanhBoxInverse(y, 1e-6f, x);
            total += SimdKernels.Dot(x, y) + SimdKernels.SumOfSquares(x);
            total += SimdKernels.L1Distance(x, y) + SimdKernels.L2Distance(x, y) + SimdKernels.LInfDistance(x, y);
        }

        All();
        long before = GC.GetAllocatedBytesForCurrentThread();
        All();
        GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);
        double.IsFinite(total).ShouldBeTrue();
    }

    private static void Refused(Action action, string sentence) =>
        Should.Throw<ArgumentException>(action).Message.ShouldContain(sentence);
}

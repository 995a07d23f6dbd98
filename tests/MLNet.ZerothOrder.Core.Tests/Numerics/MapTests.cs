using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class MapTests
{
    private const int Elements = 100_000;

    private static readonly float[] Special =
    [
        0, -0f, 1, -1, 0.5f, float.Epsilon, -float.Epsilon, 1e-38f, float.MaxValue, float.MinValue, float.PositiveInfinity,
        float.NegativeInfinity, float.NaN, 88, -88, 10, -10, 87, -87, 1e-7f, 0.99999994f, 1.0000001f,
    ];

    [Fact]
    public void Axpy_is_one_rounding() => EveryWidth<ScaledAddMap>(
        -0.37f, Normal(1, 3), Normal(2, 3), [], (a, x, y, _) => MathF.FusedMultiplyAdd(a, y, x), 0, 0);

    [Fact]
    public void Add_clip_stays_in_the_box() => EveryWidth<AddClipMap>(
        0, Normal(3, 1), Normal(4, 0.3f), [], (_, x, y, _) => Math.Clamp(x + y, 0f, 1f), 0, 0);

    [Fact]
    public void Move_clip_has_the_bits_of_scaled_add_and_add_clip() => EveryWidth<MoveClipMap>(
        0.37f, Normal(3, 1), Normal(4, 0.3f), Normal(5, 1), (a, x, y, z) => Math.Clamp(x + MathF.FusedMultiplyAdd(a, z, y), 0f, 1f), 0, 0);

    [Fact]
    public void Soft_threshold_moves_towards_the_center_and_no_further() => EveryWidth<SoftThresholdMap>(
        0,
        Normal(5, 1),
        Normal(6, 1),
        Uniform(7, 0, 2),
        (_, x, y, z) => y + (Math.Sign((double)x - y) * Math.Max(Math.Abs((double)x - y) - z, 0)),
        1e-7,
        1e-6);

    [Fact]
    public void Tanh_is_right_from_the_smallest_to_the_largest_numbers()
    {
        EveryWidth<TanhMap>(0, Uniform(8, -12, 12), [], [], (_, x, _, _) => Math.Tanh(x), 3e-7, 0);
        EveryWidth<TanhMap>(0, LogUniform(9, -37, 38), [], [], (_, x, _, _) => Math.Tanh(x), 3e-7, 0);
    }

    [Fact]
    public void Sigmoid_is_right_from_its_floor_up()
    {
        EveryWidth<SigmoidMap>(
            0, Uniform(10, -100, 100), [], [], (_, x, _, _) => 1 / (1 + Math.Exp(-Math.Max(x, -87.0))), 3e-7, 0);
        EveryWidth<SigmoidMap>(0, Uniform(11, -10, 10), [], [], (_, x, _, _) => 1 / (1 + Math.Exp(-x)), 3e-7, 0);
    }

    [Fact]
    public void Tanh_box_is_right_down_to_the_darkest_pixels() => EveryWidth<TanhBoxMap>(
        0, Uniform(12, -43, 43), [], [], (_, w, _, _) => 1 / (1 + Math.Exp(-2.0 * w)), 3e-7, 0);

    [Theory]
    [InlineData(1f / (1 << 24))]
    [InlineData(1e-6f)]
    [InlineData(0.01f)]
    public void Tanh_box_inverse_is_right_at_the_edges_of_the_box(float epsilon)
    {
        float[] x = [.. Uniform(13, 0, 1), .. Uniform(14, -0.1f, 1.1f), .. Uniform(15, 0, 1e-5f), 0, 1, epsilon, 1 - epsilon];
        EveryWidth<TanhBoxInverseMap>(epsilon, x, [], [], (e, v, _, _) =>
        {
            double inside = Math.Clamp(v, e, 1 - e);
            return 0.5 * Math.Log(inside / (1 - inside));
        }, 3e-7, 3e-7);
    }

    [Fact]
    public void Tanh_is_odd_and_never_leaves_its_range()
    {
        float[] x = Uniform(16, -12, 12);
        float[] minus = [.. x.Select(v => -v)];
        float[] up = new float[x.Length];
        float[] down = new float[x.Length];
        SimdKernels.Tanh(x, up);
        SimdKernels.Tanh(minus, down);
        Bits.MustEqual(down, [.. up.Select(v => -v)], "tanh of −x");
        (up.Max() <= 1).ShouldBeTrue();
    }

    [Fact]
    public void Every_length_gives_the_same_bits_on_every_width_and_in_place()
    {
        Gen<int> lengths = Gen.Frequency((3, Gen.Choose(0, 70)), (1, Gen.Choose(71, 1100)));
        Prop.ForAll(lengths.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (length, seed) =>
        {
            float[] x = Salted(seed, length);
            float[] y = Salted(seed ^ 0x5555, length);
            float[] z = Salted(seed ^ 0x3333, length);
            SameOnEveryWidth<ScaledAddMap>(1.7f, x, y, z);
            SameOnEveryWidth<AddClipMap>(0, x, y, z);
            SameOnEveryWidth<MoveClipMap>(1.7f, x, y, z);
            SameOnEveryWidth<SoftThresholdMap>(0, x, y, z);
            SameOnEveryWidth<TanhMap>(0, x, y, z);
            SameOnEveryWidth<SigmoidMap>(0, x, y, z);
            SameOnEveryWidth<TanhBoxMap>(0, x, y, z);
            SameOnEveryWidth<TanhBoxInverseMap>(1e-6f, x, y, z);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_NaN_stays_one_and_infinities_go_to_the_ends()
    {
        float[] x = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        float[] y = new float[3];
        SimdKernels.Tanh(x, y);
        y.ShouldBe([float.NaN, 1, -1]);
        SimdKernels.Sigmoid(x, y);
        (float.IsNaN(y[0]) && y[1] == 1 && y[2] is > 0 and < 2e-38f).ShouldBeTrue();
        SimdKernels.TanhBox(x, y);
        (float.IsNaN(y[0]) && y[1] == 1 && y[2] is > 0 and < 2e-38f).ShouldBeTrue();
        SimdKernels.TanhBoxInverse(x, 0.25f, y);
        float.IsNaN(y[0]).ShouldBeTrue();
        ((double)y[1]).ShouldBe(0.5 * Math.Log(3), 0.5e-6);
        y[2].ShouldBe(-y[1]);
        SimdKernels.AddClip(x, new float[3], y);
        y.ShouldBe([float.NaN, 1, 0]);
        SimdKernels.SoftThreshold(x, new float[3], new float[3], y);
        y.ShouldBe(x);
    }

    private static void SameOnEveryWidth<TMap>(float parameter, float[] x, float[] y, float[] z)
        where TMap : struct, IMap
    {
        float[] expected = new float[x.Length];
        Width.All[0].Map<TMap>(parameter, x, y, z, expected);
        foreach (Width width in Width.All)
        {
            float[] apart = new float[x.Length];
            width.Map<TMap>(parameter, x, y, z, apart);
            Bits.MustEqual(apart, expected, $"{typeof(TMap).Name}, {width}");
            float[] inPlace = [.. x];
            width.Map<TMap>(parameter, inPlace, y, z, inPlace);
            Bits.MustEqual(inPlace, expected, $"{typeof(TMap).Name} in place, {width}");
        }
    }

    private static void EveryWidth<TMap>(
        float parameter,
        float[] x,
        float[] y,
        float[] z,
        Func<float, float, float, float, double> reference,
        double relative,
        double absolute)
        where TMap : struct, IMap
    {
        SameOnEveryWidth<TMap>(parameter, x, y, z);
        float[] actual = new float[x.Length];
        Width.All[^1].Map<TMap>(parameter, x, y, z, actual);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = reference(parameter, x[i], i < y.Length ? y[i] : 0, i < z.Length ? z[i] : 0);
            double error = Math.Abs(actual[i] - expected);
            (error <= (relative * Math.Abs(expected)) + absolute).ShouldBeTrue($"{typeof(TMap).Name} of {x[i]:R} is {actual[i]:R}; {expected:R} is right, {error / Math.Abs(expected):E1} away");
        }
    }

    private static float[] Salted(int seed, int length)
    {
        float[] numbers = new float[length];
        CounterRandom.Normals(RandomKey.FromSeed(seed), numbers);
        for (int i = 0; i < length; i++)
        {
            int draw = CounterRandom.Index(RandomKey.FromSeed(seed).Derive((ulong)i), 8 * Special.Length);
            numbers[i] = draw < Special.Length ? Special[draw] : numbers[i];
        }

        return numbers;
    }

    private static float[] Normal(int seed, float deviation)
    {
        float[] numbers = new float[Elements];
        CounterRandom.Normals(RandomKey.FromSeed(seed), numbers);
        return [.. numbers.Select(v => v * deviation)];
    }

    private static float[] Uniform(int seed, float low, float high)
    {
        float[] numbers = new float[Elements];
        CounterRandom.Uniforms(RandomKey.FromSeed(seed), numbers);
        return [.. numbers.Select(v => low + (v * (high - low)))];
    }

    private static float[] LogUniform(int seed, float lowExponent, float highExponent) =>
        [.. Uniform(seed, lowExponent, highExponent).Select((v, i) => (i % 2 == 0 ? 1 : -1) * MathF.Pow(10, v))];
}

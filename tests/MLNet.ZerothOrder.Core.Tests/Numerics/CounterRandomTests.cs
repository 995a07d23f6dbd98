using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class CounterRandomTests
{
    private static readonly RandomKey Key = RandomKey.FromSeed(20260101);

    [Fact]
    public void EveryWidthDrawsTheSameBits()
    {
        Prop.ForAll(Gen.Choose(0, 60).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (blocks, seed) =>
        {
            Same<NormalDistribution>(blocks, seed);
            Same<UniformDistribution>(blocks, seed);
            Same<WordDistribution>(blocks, seed);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ANumberDependsOnItsKeyAndPlaceAloneNotOnTheRangeDrawn()
    {
        float[] normals = new float[3000];
        float[] uniforms = new float[3000];
        CounterRandom.Normals(Key, normals);
        CounterRandom.Uniforms(Key, uniforms);
        Prop.ForAll(Gen.Choose(0, 2999).ToArbitrary(), Gen.Choose(0, 3000).ToArbitrary(), (offset, length) =>
        {
            float[] part = new float[Math.Min(length, 3000 - offset)];
            CounterRandom.Normals(Key, offset, part);
            Bits.MustEqual(part, normals.AsSpan(offset, part.Length), $"normals from {offset}");
            CounterRandom.Uniforms(Key, offset, part);
            Bits.MustEqual(part, uniforms.AsSpan(offset, part.Length), $"uniforms from {offset}");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TheStreamsOfAKeyAreFixedForEver()
    {
        float[] numbers = new float[4];
        CounterRandom.Normals(Key, 30, numbers);
        Assert.Equal([-0.52417195f, -1.5450596f, -0.20070958f, -1.3788964f], numbers);
        CounterRandom.Uniforms(Key, 30, numbers);
        Assert.Equal([0.36625636f, 0.65187854f, 0.96812683f, 0.49866414f], numbers);
        Assert.Equal(0.24754360693479205, CounterRandom.Uniform(Key));
        Assert.Equal(338_240, CounterRandom.Index(Key, 1_000_000));
        int[] sample = new int[5];
        CounterRandom.Sample(Key, 1000, sample);
        Assert.Equal([231, 322, 491, 893, 990], sample);
        int[] order = [0, 1, 2, 3, 4, 5];
        CounterRandom.Shuffle(Key, order.AsSpan());
        Assert.Equal([3, 5, 4, 0, 1, 2], order);
    }

    [Fact]
    public void AStreamGoesOnToItsLastNumberAndNoFurther()
    {
        float[] last = new float[40];
        CounterRandom.Normals(Key, (1L << 32) - 40, last);
        Assert.Equal(40, last.Distinct().Count());
        CounterRandom.Normals(Key, 1L << 32, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => CounterRandom.Normals(Key, (1L << 32) - 39, last));
        Assert.Throws<ArgumentOutOfRangeException>(() => CounterRandom.Uniforms(Key, -1, last));
    }

    [Fact]
    public void AKeyGivesUnrelatedNumbersOfEachKind()
    {
        float[] normals = new float[1 << 16];
        float[] uniforms = new float[1 << 16];
        CounterRandom.Normals(Key, normals);
        CounterRandom.Uniforms(Key, uniforms);
        Assert.InRange(Math.Abs(SimdKernels.Dot(normals, uniforms)), 0, 4 * Math.Sqrt((1 << 16) / 3.0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void EveryIndexIsEquallyLikely(int bound)
    {
        int[] counts = new int[bound];
        int draws = 200 * bound;
        for (int i = 0; i < draws; i++)
        {
            counts[CounterRandom.Index(Key.Derive((ulong)i), bound)]++;
        }

        double chiSquare = counts.Sum(c => Math.Pow(c - 200.0, 2) / 200);
        Assert.InRange(chiSquare, 0, bound - 1 + (4 * Math.Sqrt(2.0 * bound)));
    }

    [Fact]
    public void AnIndexBelowNothingIsRefused() =>
        Assert.Equal("bound", Assert.Throws<ArgumentOutOfRangeException>(() => CounterRandom.Index(Key, 0)).ParamName);

    [Fact]
    public void SingleUniformsFillTheirRangeEvenly()
    {
        double sum = 0;
        double squares = 0;
        const int n = 1_000_000;
        for (int i = 0; i < n; i++)
        {
            double u = CounterRandom.Uniform(Key.Derive((ulong)i));
            Assert.True(u is >= 0 and < 1);
            sum += u;
            squares += u * u;
        }

        Assert.Equal(0.5, sum / n, 4 * Math.Sqrt(1 / 12.0 / n));
        Assert.Equal(1 / 3.0, squares / n, 4 * Math.Sqrt(4 / 45.0 / n));
    }

    [Fact]
    public void AShuffleMakesEveryOrderEquallyOften()
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 24_000; i++)
        {
            char[] items = ['a', 'b', 'c', 'd'];
            CounterRandom.Shuffle(Key.Derive((ulong)i), items.AsSpan());
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(24, counts.Count);
        Assert.InRange(counts.Values.Sum(c => Math.Pow(c - 1000, 2) / 1000), 0, 23 + (4 * Math.Sqrt(46)));
    }

    [Fact]
    public void ASampleIsAscendingDistinctAndInRange()
    {
        Prop.ForAll(Gen.Choose(0, 40_000).ToArbitrary(), Gen.Choose(0, 40_000).ToArbitrary(), (a, b) =>
        {
            int count = Math.Max(a, b);
            int[] sample = new int[Math.Min(a, b)];
            CounterRandom.Sample(Key.Derive((ulong)count), count, sample);
            for (int i = 0; i < sample.Length; i++)
            {
                Assert.InRange(sample[i], i == 0 ? 0 : sample[i - 1] + 1, count - 1);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void EverySetIsSampledEquallyOften()
    {
        int[] counts = new int[1 << 6];
        int[] sample = new int[3];
        for (int i = 0; i < 20_000; i++)
        {
            CounterRandom.Sample(Key.Derive((ulong)i), 6, sample);
            counts[sample.Sum(v => 1 << v)]++;
        }

        int[] sets = [.. counts.Where(c => c > 0)];
        Assert.Equal(20, sets.Length);
        Assert.InRange(sets.Sum(c => Math.Pow(c - 1000, 2) / 1000), 0, 19 + (4 * Math.Sqrt(38)));
    }

    [Fact]
    public void MoreIndicesThanThereAreAreRefused() => Assert.Contains(
        "4 distinct indices",
        Assert.Throws<ArgumentOutOfRangeException>(() => CounterRandom.Sample(Key, 3, new int[4])).Message);

    private static void Same<TDistribution>(int blocks, int seed)
        where TDistribution : struct, IDistribution
    {
        RandomKey key = RandomKey.FromSeed(seed);
        uint start = 32u * (uint)seed;
        float[] expected = new float[32 * blocks];
        Width.All[0].Draw<TDistribution>(key, start, expected);
        foreach (Width width in Width.All)
        {
            float[] actual = new float[32 * blocks];
            width.Draw<TDistribution>(key, start, actual);
            Assert.True(Bits.Of(expected).SequenceEqual(Bits.Of(actual)), $"{typeof(TDistribution).Name}, {width}");
        }
    }
}

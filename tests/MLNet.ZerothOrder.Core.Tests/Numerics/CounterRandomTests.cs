using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class CounterRandomTests
{
    private static readonly RandomKey Key = RandomKey.FromSeed(20260101);

    [Fact]
    public void Every_width_draws_the_same_bits()
    {
        Prop.ForAll(Gen.Choose(0, 60).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (blocks, seed) =>
        {
            Same<NormalDistribution>(blocks, seed);
            Same<UniformDistribution>(blocks, seed);
            Same<WordDistribution>(blocks, seed);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_number_depends_on_its_key_and_place_alone_not_on_the_range_drawn()
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
    public void The_streams_of_a_key_are_fixed_for_ever()
    {
        float[] numbers = new float[4];
        CounterRandom.Normals(Key, 30, numbers);
        numbers.ShouldBe([-0.52417195f, -1.5450596f, -0.20070958f, -1.3788964f]);
        CounterRandom.Uniforms(Key, 30, numbers);
        numbers.ShouldBe([0.36625636f, 0.65187854f, 0.96812683f, 0.49866414f]);
        CounterRandom.Uniform(Key).ShouldBe(0.24754360693479205);
        CounterRandom.Index(Key, 1_000_000).ShouldBe(338_240);
        int[] sample = new int[5];
        CounterRandom.Sample(Key, 1000, sample);
        sample.ShouldBe([231, 322, 491, 893, 990]);
        int[] order = [0, 1, 2, 3, 4, 5];
        CounterRandom.Shuffle(Key, order.AsSpan());
        order.ShouldBe([3, 5, 4, 0, 1, 2]);
    }

    [Fact]
    public void A_stream_goes_on_to_its_last_number_and_no_further()
    {
        float[] last = new float[40];
        CounterRandom.Normals(Key, (1L << 32) - 40, last);
        last.Distinct().Count().ShouldBe(40);
        CounterRandom.Normals(Key, 1L << 32, []);
        Should.Throw<ArgumentOutOfRangeException>(() => CounterRandom.Normals(Key, (1L << 32) - 39, last));
        Should.Throw<ArgumentOutOfRangeException>(() => CounterRandom.Uniforms(Key, -1, last));
    }

    [Fact]
    public void A_key_gives_unrelated_numbers_of_each_kind()
    {
        float[] normals = new float[1 << 16];
        float[] uniforms = new float[1 << 16];
        CounterRandom.Normals(Key, normals);
        CounterRandom.Uniforms(Key, uniforms);
        Math.Abs(SimdKernels.Dot(normals, uniforms)).ShouldBeInRange(0, 4 * Math.Sqrt((1 << 16) / 3.0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Every_index_is_equally_likely(int bound)
    {
        int[] counts = new int[bound];
        int draws = 200 * bound;
        for (int i = 0; i < draws; i++)
        {
            counts[CounterRandom.Index(Key.Derive((ulong)i), bound)]++;
        }

        double chiSquare = counts.Sum(c => Math.Pow(c - 200.0, 2) / 200);
        chiSquare.ShouldBeInRange(0, bound - 1 + (4 * Math.Sqrt(2.0 * bound)));
    }

    [Fact]
    public void An_index_below_nothing_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => CounterRandom.Index(Key, 0)).ParamName.ShouldBe("bound");

    [Fact]
    public void Single_uniforms_fill_their_range_evenly()
    {
        double sum = 0;
        double squares = 0;
        const int n = 1_000_000;
        for (int i = 0; i < n; i++)
        {
            double u = CounterRandom.Uniform(Key.Derive((ulong)i));
            (u is >= 0 and < 1).ShouldBeTrue();
            sum += u;
            squares += u * u;
        }

        (sum / n).ShouldBe(0.5, 4 * Math.Sqrt(1 / 12.0 / n));
        (squares / n).ShouldBe(1 / 3.0, 4 * Math.Sqrt(4 / 45.0 / n));
    }

    [Fact]
    public void A_shuffle_makes_every_order_equally_often()
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 24_000; i++)
        {
            char[] items = ['a', 'b', 'c', 'd'];
            CounterRandom.Shuffle(Key.Derive((ulong)i), items.AsSpan());
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        counts.Count.ShouldBe(24);
        counts.Values.Sum(c => Math.Pow(c - 1000, 2) / 1000).ShouldBeInRange(0, 23 + (4 * Math.Sqrt(46)));
    }

    [Fact]
    public void A_sample_is_ascending_distinct_and_in_range()
    {
        Prop.ForAll(Gen.Choose(0, 40_000).ToArbitrary(), Gen.Choose(0, 40_000).ToArbitrary(), (a, b) =>
        {
            int count = Math.Max(a, b);
            int[] sample = new int[Math.Min(a, b)];
            CounterRandom.Sample(Key.Derive((ulong)count), count, sample);
            for (int i = 0; i < sample.Length; i++)
            {
                sample[i].ShouldBeInRange(i == 0 ? 0 : sample[i - 1] + 1, count - 1);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_set_is_sampled_equally_often()
    {
        int[] counts = new int[1 << 6];
        int[] sample = new int[3];
        for (int i = 0; i < 20_000; i++)
        {
            CounterRandom.Sample(Key.Derive((ulong)i), 6, sample);
            counts[sample.Sum(v => 1 << v)]++;
        }

        int[] sets = [.. counts.Where(c => c > 0)];
        sets.Length.ShouldBe(20);
        sets.Sum(c => Math.Pow(c - 1000, 2) / 1000).ShouldBeInRange(0, 19 + (4 * Math.Sqrt(38)));
    }

    [Fact]
    public void More_indices_than_there_are_are_refused() => Should.Throw<ArgumentOutOfRangeException>(() => CounterRandom.Sample(Key, 3, new int[4])).Message.ShouldContain("4 distinct indices");

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
            Bits.Of(expected).SequenceEqual(Bits.Of(actual)).ShouldBeTrue($"{typeof(TDistribution).Name}, {width}");
        }
    }
}

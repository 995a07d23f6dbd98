using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

/// <summary>
/// The seeds are fixed, so a test here passes always or never; bounds are those that chance breaks once in 10⁴.
/// </summary>
public class CounterRandomStatisticsTests
{
    private const int Keys = 80;
    private const int PerKey = 1 << 17;
    private const int Draws = Keys * PerKey;
    private const double Sigmas = 4;

    private static readonly RandomKey Key = RandomKey.FromSeed(7);

    [Fact]
    public void Ten_million_normals_follow_the_normal_distribution_function_into_the_tails()
    {
        // Counts between edges 1/512 apart; the first and the last hold what is beyond 7.
        const int perUnit = 512;
        const int half = 7 * perUnit;
        long[] counts = new long[2 * half];
        double[] moments = new double[7];
        float[] numbers = new float[PerKey];
        float largest = 0;
        for (int k = 0; k < Keys; k++)
        {
            CounterRandom.Normals(Key.Derive((ulong)k), numbers);
            foreach (float x in numbers)
            {
                counts[Math.Clamp((int)Math.Floor((double)x * perUnit) + half, 0, (2 * half) - 1)]++;
                largest = Math.Max(largest, Math.Abs(x));
                double power = 1;
                for (int m = 1; m < moments.Length; m++)
                {
                    power *= x;
                    moments[m] += power;
                }
            }
        }

        // E x²ᵐ = 1, 3, 15, and the variance of a mean of xᵐ is (E x²ᵐ − (E xᵐ)²) / n.
        double[] even = [1, 1, 3, 15, 105, 945, 10395];
        for (int m = 1; m < moments.Length; m++)
        {
            double expected = m % 2 == 1 ? 0 : even[m / 2];
            double deviation = Math.Sqrt((even[m] - (expected * expected)) / Draws);
            (Math.Abs((moments[m] / Draws) - expected) < Sigmas * deviation).ShouldBeTrue($"moment {m} is {moments[m] / Draws}");
        }

        // Kolmogorov and Smirnov: P(√n D > 2.23) = 10⁻⁴.
        double distance = 0;
        long below = 0;
        for (int i = 0; i < counts.Length - 1; i++)
        {
            below += counts[i];
            double expected = NormalDistributionFunction((i + 1 - half) / (double)perUnit);
            distance = Math.Max(distance, Math.Abs(((double)below / Draws) - expected));
        }

        (distance * Math.Sqrt(Draws)).ShouldBeInRange(0, 2.23);

        // Each tail by itself, out to where about three numbers are.
        foreach (double edge in new[] { 2, 2.5, 3, 3.5, 4, 4.5, 5 })
        {
            double expected = Draws * NormalDistributionFunction(-edge);
            long left = counts.Take(half - (int)(edge * perUnit)).Sum();
            long right = counts.Skip(half + (int)(edge * perUnit)).Sum();
            ((double)left).ShouldBeInRange(expected - (Sigmas * Math.Sqrt(expected)) - 1, expected + (Sigmas * Math.Sqrt(expected)) + 1);
            ((double)right).ShouldBeInRange(expected - (Sigmas * Math.Sqrt(expected)) - 1, expected + (Sigmas * Math.Sqrt(expected)) + 1);
        }

        ((double)largest).ShouldBeInRange(4.8, 6.6);
    }

    [Fact]
    public void The_transform_reaches_beyond_six_and_a_half_and_is_never_infinite()
    {
        // The words with the largest and the smallest radius, and the edges of the angle's range.
        float[] words = new float[32];
        uint[] firsts =
        [
            0, 1, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x80000001, 2, 0xFFFFFFFE,
            0x40000000, 0xC0000000, 3, 5, 7, 9, 11, 13,
        ];
        uint[] seconds =
        [
            0x400000, 0, 0x7FFFFF, 0xFFFFFFFF, 0x80000000, 0x3FFFFF, 0x803FFFFF, 0x80400000,
            1, 2, 3, 4, 5, 6, 7, 8,
        ];
        for (int i = 0; i < 16; i++)
        {
            words[i] = BitConverter.UInt32BitsToSingle(firsts[i]);
            words[i + 16] = BitConverter.UInt32BitsToSingle(seconds[i]);
        }

        float largest = 0;
        for (int i = 0; i < 16; i++)
        {
            ScalarLane first = ScalarLane.Load(in words[i], 0);
            ScalarLane second = ScalarLane.Load(in words[i + 16], 0);
            NormalDistribution.Transform(ref first, ref second);
            float a = 0;
            float b = 0;
            first.Store(ref a, 0);
            second.Store(ref b, 0);
            (float.IsFinite(a) && float.IsFinite(b)).ShouldBeTrue();
            double u = Math.Max(Math.Abs((double)(int)(firsts[i] | 1)), 1) * Math.ScaleB(1, -31);
            Math.Sqrt(((double)a * a) + ((double)b * b)).ShouldBe(Math.Sqrt(-2 * Math.Log(u)), 2e-4);
            largest = Math.Max(largest, Math.Max(Math.Abs(a), Math.Abs(b)));
        }

        ((double)largest).ShouldBeInRange(6.5, 6.6);
    }

    [Fact]
    public void Every_bit_and_every_pair_of_bytes_of_the_words_is_uniform()
    {
        long[] ones = new long[32];
        long[,] bytes = new long[4, 256];
        long[] pairs = new long[1 << 16];
        float[] words = new float[PerKey];
        for (int k = 0; k < Keys; k++)
        {
            Width.All[^1].Draw<WordDistribution>(Key.Derive((ulong)k), 0, words);
            uint previous = 0;
            foreach (uint word in Bits.Of(words))
            {
                for (int bit = 0; bit < 32; bit++)
                {
                    ones[bit] += word >> bit & 1;
                }

                for (int b = 0; b < 4; b++)
                {
                    bytes[b, word >> (8 * b) & 255]++;
                }

                pairs[(previous >> 24 << 8) | (word >> 24)]++;
                previous = word;
            }
        }

        foreach (long count in ones)
        {
            ((double)count).ShouldBeInRange((Draws / 2) - (Sigmas * Math.Sqrt(Draws) / 2), (Draws / 2) + (Sigmas * Math.Sqrt(Draws) / 2));
        }

        for (int b = 0; b < 4; b++)
        {
            AssertUniform([.. Enumerable.Range(0, 256).Select(i => bytes[b, i])]);
        }

        AssertUniform(pairs);
    }

    [Fact]
    public void Words_repeat_as_often_as_random_ones_do()
    {
        // n words have n(n − 1)/2³³ equal pairs on average: 2048 here. A permutation of counters would have none.
        const int n = 1 << 22;
        float[] words = new float[n];
        Width.All[^1].Draw<WordDistribution>(Key, 0, words);
        uint[] sorted = Bits.Of(words).ToArray();
        Array.Sort(sorted);
        int equal = sorted.Zip(sorted.Skip(1)).Count(pair => pair.First == pair.Second);
        ((double)equal).ShouldBeInRange(2048 - (Sigmas * Math.Sqrt(2048)), 2048 + (Sigmas * Math.Sqrt(2048)));
    }

    [Fact]
    public void Changing_one_bit_of_a_key_changes_half_the_bits_of_its_words()
    {
        const int n = 1 << 16;
        float[] words = new float[n];
        float[] others = new float[n];
        Width.All[^1].Draw<WordDistribution>(Key, 0, words);
        for (int bit = 0; bit < 64; bit++)
        {
            Width.All[^1].Draw<WordDistribution>(new RandomKey(Key.Value ^ (1UL << bit)), 0, others);
            AssertHalf(Bits.Of(words), Bits.Of(others));
        }
    }

    [Fact]
    public void Neighbours_in_a_stream_differ_in_half_their_bits()
    {
        float[] words = new float[PerKey];
        Width.All[^1].Draw<WordDistribution>(Key, 0, words);
        ReadOnlySpan<uint> all = Bits.Of(words);
        for (int lag = 1; lag <= 1 << 14; lag *= 2)
        {
            AssertHalf(all[lag..], all[..^lag]);
        }
    }

    [Fact]
    public void Normals_are_uncorrelated_with_their_neighbours_their_partners_and_the_next_keys()
    {
        const int n = 1 << 20;
        float[] numbers = new float[n + 64];
        float[] next = new float[n];
        CounterRandom.Normals(Key, numbers);
        CounterRandom.Normals(Key.Derive(1), next);
        AssertUncorrelated(numbers.AsSpan(0, n), next);
        CounterRandom.Normals(RandomKey.FromSeed(8), next);
        AssertUncorrelated(numbers.AsSpan(0, n), next);
        foreach (int lag in new[] { 1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 64 })
        {
            AssertUncorrelated(numbers.AsSpan(0, n), numbers.AsSpan(lag, n));
        }

        // The two numbers of a pair are 16 apart in a block of 32.
        float[] first = new float[n / 2];
        float[] second = new float[n / 2];
        for (int i = 0; i < n / 2; i++)
        {
            first[i] = numbers[(i / 16 * 32) + (i % 16)];
            second[i] = numbers[(i / 16 * 32) + (i % 16) + 16];
        }

        AssertUncorrelated(first, second);
    }

    [Fact]
    public void The_same_place_under_consecutive_keys_is_a_stream_of_normals_too()
    {
        const int n = 1 << 18;
        float[] numbers = new float[n + 1];
        float[] one = new float[1];
        for (int i = 0; i <= n; i++)
        {
            CounterRandom.Normals(Key.Derive((ulong)i), 5, one);
            numbers[i] = one[0];
        }

        AssertUncorrelated(numbers.AsSpan(0, n), numbers.AsSpan(1, n));
        (SimdKernels.SumOfSquares(numbers) / (n + 1)).ShouldBe(1, Sigmas * Math.Sqrt(2.0 / n));
        numbers.Average().ShouldBe(0, Sigmas / Math.Sqrt(n));
    }

    [Fact]
    public void Ten_million_uniforms_fill_a_two_dimensional_grid_evenly()
    {
        long[] cells = new long[1 << 16];
        float[] numbers = new float[PerKey];
        for (int k = 0; k < Keys; k++)
        {
            CounterRandom.Uniforms(Key.Derive((ulong)k), numbers);
            for (int i = 0; i < PerKey; i += 2)
            {
                cells[((int)(numbers[i] * 256) << 8) | (int)(numbers[i + 1] * 256)]++;
            }
        }

        AssertUniform(cells);
    }

    private static void AssertUniform(long[] counts)
    {
        double expected = counts.Sum() / (double)counts.Length;
        double chiSquare = counts.Sum(c => (c - expected) * (c - expected) / expected);
        double freedom = counts.Length - 1;
        chiSquare.ShouldBeInRange(freedom - (Sigmas * Math.Sqrt(2 * freedom)), freedom + (Sigmas * Math.Sqrt(2 * freedom)));
    }

    private static void AssertHalf(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right)
    {
        double changed = 0;
        for (int i = 0; i < left.Length; i++)
        {
            changed += uint.PopCount(left[i] ^ right[i]);
        }

        (changed / left.Length).ShouldBe(16, Sigmas * Math.Sqrt(8.0 / left.Length));
    }

    // Of the numbers, their squares and their cubes: √n r is standard normal.
    private static void AssertUncorrelated(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double numbers = 0;
        double squares = 0;
        double mixed = 0;
        for (int i = 0; i < left.Length; i++)
        {
            double a = left[i];
            double b = right[i];
            numbers += a * b;
            squares += ((a * a) - 1) * ((b * b) - 1) / 2;
            mixed += a * ((b * b) - 1) / Math.Sqrt(2);
        }

        double bound = Sigmas * Math.Sqrt(left.Length);
        numbers.ShouldBeInRange(-bound, bound);
        squares.ShouldBeInRange(-bound, bound);
        mixed.ShouldBeInRange(-bound, bound);
    }

    private static double NormalDistributionFunction(double x)
    {
        double density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(x) < 3)
        {
            double term = x;
            double sum = x;
            for (int k = 1; k < 60; k++)
            {
                term *= x * x / ((2 * k) + 1);
                sum += term;
            }

            return 0.5 + (density * sum);
        }

        double tail = Math.Abs(x);
        for (int k = 60; k > 0; k--)
        {
            tail = Math.Abs(x) + (k / tail);
        }

        return x < 0 ? density / tail : 1 - (density / tail);
    }
}

using System.Buffers;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Random numbers without a generator to carry along: each is a function of a key and of its place in the key's stream, the
/// same on every processor and in whatever order or pieces the numbers are drawn.
/// </summary>
/// <remarks>
/// The methods read streams of their own, so a key may serve several of them; using a key twice with the same method gives the
/// same numbers. Not for secrets.
/// </remarks>
public static class CounterRandom
{
    private const ulong UniformPurpose = 0x556E69666F726D;
    private const ulong IndexPurpose = 0x496E646578;

    /// <summary>Standard normal numbers, the first of the key's stream.</summary>
    /// <param name="key">Names the stream.</param>
    /// <param name="destination">Filled.</param>
    public static void Normals(RandomKey key, Span<float> destination) => Draw<NormalDistribution>(key, 0, destination);

    /// <summary>Standard normal numbers from anywhere in the key's stream.</summary>
    /// <param name="key">Names the stream.</param>
    /// <param name="offset">Where in the stream to start.</param>
    /// <param name="destination">Filled with the numbers <paramref name="offset"/>, <c>offset + 1</c>, ….</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the 2³² numbers of a stream.</exception>
    public static void Normals(RandomKey key, long offset, Span<float> destination) =>
        Draw<NormalDistribution>(key, offset, destination);

    /// <summary>The two words, low and high, that the hash of a key's normal numbers starts from, for whoever computes them elsewhere.</summary>
    internal static ulong NormalWords(RandomKey key) => key.Derive(NormalDistribution.Purpose).Value;

    /// <summary>Uniform numbers in [0, 1), multiples of 2⁻²⁴, the first of the key's stream.</summary>
    /// <param name="key">Names the stream.</param>
    /// <param name="destination">Filled.</param>
    public static void Uniforms(RandomKey key, Span<float> destination) => Draw<UniformDistribution>(key, 0, destination);

    /// <summary>Uniform numbers in [0, 1), multiples of 2⁻²⁴, from anywhere in the key's stream.</summary>
    /// <param name="key">Names the stream.</param>
    /// <param name="offset">Where in the stream to start.</param>
    /// <param name="destination">Filled with the numbers <paramref name="offset"/>, <c>offset + 1</c>, ….</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the 2³² numbers of a stream.</exception>
    public static void Uniforms(RandomKey key, long offset, Span<float> destination) =>
        Draw<UniformDistribution>(key, offset, destination);

    /// <summary>One uniform number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public static double Uniform(RandomKey key) => (key.Derive(UniformPurpose).Value >> 11) * (1.0 / (1L << 53));

    /// <summary>One of 0, …, <paramref name="bound"/> − 1, each as likely as the others to within 2⁻³³.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    public static int Index(RandomKey key, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(key.Derive(IndexPurpose).Value, (ulong)bound, out _);
    }

    /// <summary>Puts the items into a random order, every order being equally likely.</summary>
    public static void Shuffle<T>(RandomKey key, Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Index(key.Derive((ulong)i), i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Distinct indices in ascending order, every set of them being equally likely.</summary>
    /// <param name="key">Names the draw.</param>
    /// <param name="count">The indices are below it.</param>
    /// <param name="destination">Filled; no longer than <paramref name="count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is smaller than the destination.</exception>
    public static void Sample(RandomKey key, int count, Span<int> destination)
    {
        if (count < destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"{destination.Length} distinct indices need a count of at least as many.");
        }

        const int onStack = 256;
        int length = (count + 63) / 64;
        ulong[]? rented = length > onStack ? ArrayPool<ulong>.Shared.Rent(length) : null;
        Span<ulong> chosen = rented is null ? stackalloc ulong[onStack] : rented;
        chosen = chosen[..length];
        chosen.Clear();

        // Floyd's: the draw for place j falls on an index that is taken exactly as often as j must be chosen instead.
        for (int j = count - destination.Length; j < count; j++)
        {
            int index = Index(key.Derive((ulong)j), j + 1);
            index = (chosen[index >> 6] >> index & 1) == 0 ? index : j;
            chosen[index >> 6] |= 1UL << index;
        }

        int next = 0;
        for (int word = 0; word < length; word++)
        {
            for (ulong rest = chosen[word]; rest != 0; rest &= rest - 1)
            {
                destination[next++] = (word << 6) + int.CreateTruncating(ulong.TrailingZeroCount(rest));
            }
        }

        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }
    }

    private static void Draw<TDistribution>(RandomKey key, long offset, Span<float> destination)
        where TDistribution : struct, IDistribution
    {
        const int blockLength = DrawKernel<TDistribution>.BlockLength;
        if (offset < 0 || offset > (1L << 32) - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                offset,
                $"A stream has 2^32 numbers; {destination.Length} of them from there on are not all in it.");
        }

        Span<float> block = stackalloc float[blockLength];
        while (destination.Length > 0)
        {
            int skipped = (int)(offset % blockLength);
            int drawn = destination.Length / blockLength * blockLength;
            if (skipped == 0 && drawn > 0)
            {
                WidestLanes.Run(new DrawKernel<TDistribution>(key, (uint)offset, destination[..drawn]));
            }
            else
            {
                drawn = int.Min(blockLength - skipped, destination.Length);
                WidestLanes.Run(new DrawKernel<TDistribution>(key, (uint)(offset - skipped), block));
                block.Slice(skipped, drawn).CopyTo(destination);
            }

            offset += drawn;
            destination = destination[drawn..];
        }
    }
}

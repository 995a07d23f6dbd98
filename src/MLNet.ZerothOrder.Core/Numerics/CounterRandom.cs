using System.Buffers;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Counter-based random numbers: there is no generator state. Each number is a function of a key and of its index in the key's stream.
/// Numbers are therefore the same on every processor, in any order of drawing and in pieces of any size.
/// </summary>
/// <remarks>
/// Each method reads its own stream, so one key may serve several methods. Calling a method twice with one key gives the same
/// numbers. Not suitable for cryptography.
/// </remarks>
public static class CounterRandom
{
    private const ulong UniformPurpose = 0x556E69666F726D;
    private const ulong IndexPurpose = 0x496E646578;

    /// <summary>Standard normal numbers from the start of the key's stream.</summary>
    /// <param name="key">The key of the stream.</param>
    /// <param name="destination">Receives the numbers.</param>
    public static void Normals(RandomKey key, Span<float> destination) => Draw<NormalDistribution>(key, 0, destination);

    /// <summary>Standard normal numbers from any offset in the key's stream.</summary>
    /// <param name="key">The key of the stream.</param>
    /// <param name="offset">The index of the first number in the stream.</param>
    /// <param name="destination">Receives the numbers <paramref name="offset"/>, <c>offset + 1</c>, ….</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the 2³² numbers of a stream.</exception>
    public static void Normals(RandomKey key, long offset, Span<float> destination) =>
        Draw<NormalDistribution>(key, offset, destination);

    /// <summary>The two words, low and high, that seed the hash of a key's normal numbers. Code that computes these numbers elsewhere, such as in a graph, needs them.</summary>
    public static ulong NormalWords(RandomKey key) => key.Derive(NormalDistribution.Purpose).Value;

    /// <summary>Uniform numbers in [0, 1), multiples of 2⁻²⁴, from the start of the key's stream.</summary>
    /// <param name="key">The key of the stream.</param>
    /// <param name="destination">Receives the numbers.</param>
    public static void Uniforms(RandomKey key, Span<float> destination) => Draw<UniformDistribution>(key, 0, destination);

    /// <summary>Uniform numbers in [0, 1), multiples of 2⁻²⁴, from any offset in the key's stream.</summary>
    /// <param name="key">The key of the stream.</param>
    /// <param name="offset">The index of the first number in the stream.</param>
    /// <param name="destination">Receives the numbers <paramref name="offset"/>, <c>offset + 1</c>, ….</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the 2³² numbers of a stream.</exception>
    public static void Uniforms(RandomKey key, long offset, Span<float> destination) =>
        Draw<UniformDistribution>(key, offset, destination);

    /// <summary>One uniform number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public static double Uniform(RandomKey key) => (key.Derive(UniformPurpose).Value >> 11) * (1.0 / (1L << 53));

    /// <summary>A uniform integer from 0, …, <paramref name="bound"/> − 1; the probabilities are equal to within 2⁻³³.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    public static int Index(RandomKey key, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(key.Derive(IndexPurpose).Value, (ulong)bound, out _);
    }

    /// <summary>Shuffles the items. Every order is equally likely.</summary>
    public static void Shuffle<T>(RandomKey key, Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Index(key.Derive((ulong)i), i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Distinct indices in ascending order. Every set is equally likely.</summary>
    /// <param name="key">The key of the draw.</param>
    /// <param name="count">The exclusive upper bound of the indices.</param>
    /// <param name="destination">Receives the indices; at most <paramref name="count"/> long.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is smaller than the destination.</exception>
    public static void Sample(RandomKey key, int count, Span<int> destination)
    {
        if (count < destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"{destination.Length} distinct indices need a count of at least {destination.Length}.");
        }

        const int onStack = 256;
        int length = (count + 63) / 64;
        ulong[]? rented = length > onStack ? ArrayPool<ulong>.Shared.Rent(length) : null;
        Span<ulong> chosen = rented is null ? stackalloc ulong[onStack] : rented;
        chosen = chosen[..length];
        chosen.Clear();

        // Floyd's algorithm: an index that is already taken is replaced by j, which keeps all sets equally likely.
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
                $"A stream has 2^32 numbers, and {destination.Length} numbers from this offset exceed it; use a smaller offset.");
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

using System.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Coordinate directions e_j for ZO-SCD (Lian et al., 2016): distinct coordinates, drawn uniformly. Beyond d rows the same sequence
/// repeats.
/// </summary>
public sealed class CoordinateSampler : IDirectionSampler
{
    /// <summary>d, since the mean of e_j e_jᵀ is I/d.</summary>
    public float Scale(int dimension) => dimension;

    /// <inheritdoc/>
    public void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions)
    {
        int dimension = gradient.Length;
        int rows = directions.Length / dimension;
        directions.Clear();
        for (int row = 0; row < rows; row++)
        {
            directions[(row * dimension) + Coordinate(key, row, dimension)] = 1;
        }
    }

    // Element `row` of a keyed pseudo-random permutation: a small Feistel network over a power of four, repeated until the result
    // falls inside the range (cycle walking). It needs no memory and no order of drawing. Halves of fewer than 4 bits would mix too little.
    private static int Coordinate(RandomKey key, int row, int dimension)
    {
        RandomKey round = key.Derive((ulong)(row / dimension));
        int half = Math.Max(4, (BitOperations.Log2((uint)dimension) / 2) + 1);
        uint mask = (1u << half) - 1;
        uint value = (uint)(row % dimension);
        do
        {
            uint left = value >> half;
            uint right = value & mask;
            for (ulong i = 0; i < 4; i++)
            {
                uint mixed = (uint)(round.Derive((i << 32) | right).Value >> 32);
                (left, right) = (right, (left ^ mixed) & mask);
            }

            value = (left << half) | right;
        }
        while (value >= (uint)dimension);
        return (int)value;
    }
}

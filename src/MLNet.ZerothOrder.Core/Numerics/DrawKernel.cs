using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Fills whole blocks of 32 numbers of a stream. Word i of the stream is a hash of i under the key. A block is made from 16 pairs
/// of words: its first half from the first words of the pairs, its second half from the second words.
/// </summary>
internal readonly ref struct DrawKernel<TDistribution> : ILanesKernel
    where TDistribution : struct, IDistribution
{
    public const int BlockLength = 32;

    // Hashing and transforming alternate over pieces that fit the L1 cache. In one combined loop, the dependency chain from counter to
    // number is too long for the processor to overlap several of them.
    private const int PieceLength = 512;

    private readonly uint _keyLow;
    private readonly uint _keyHigh;
    private readonly uint _start;
    private readonly Span<float> _destination;

    /// <param name="key">The key of the stream.</param>
    /// <param name="start">The index of the first number in the stream, a multiple of 32.</param>
    /// <param name="destination">Receives the numbers; its length is a multiple of 32.</param>
    public DrawKernel(RandomKey key, uint start, Span<float> destination)
    {
        ulong words = key.Derive(TDistribution.Purpose).Value;
        _keyLow = (uint)words;
        _keyHigh = (uint)(words >> 32);
        _start = start;
        _destination = destination;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        for (int piece = 0; piece < _destination.Length; piece += PieceLength)
        {
            Span<float> numbers = _destination[piece..int.Min(piece + PieceLength, _destination.Length)];
            Hash<TLanes>(unchecked(_start + (uint)piece), numbers);
            Transform<TLanes>(numbers);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Hash<TLanes>(uint start, Span<float> words)
        where TLanes : struct, ILanes<TLanes>
    {
        ref float first = ref MemoryMarshal.GetReference(words);
        TLanes keyLow = TLanes.BroadcastBits(_keyLow);
        TLanes keyHigh = TLanes.BroadcastBits(_keyHigh);
        TLanes step = TLanes.BroadcastBits((uint)TLanes.Count);
        TLanes counter = TLanes.AddBits(TLanes.Ramp, TLanes.BroadcastBits(start));
        for (nuint i = 0; i < (nuint)words.Length; i += (nuint)TLanes.Count)
        {
            // Three rounds of xorshift and multiplication with C. Wellons' constants ("triple32"). Half of the key enters before the
            // first round, the other half before the second. The rounds alone permute the counters, so no word would repeat within a
            // stream. Adding an early state to the last makes words repeat as often as random words do.
            TLanes x = counter ^ keyLow;
            x = TLanes.MultiplyBits(x ^ (x >>> 17), TLanes.BroadcastBits(0xED5AD4BB));
            TLanes y = TLanes.AddBits(x ^ (x >>> 11), keyHigh);
            y = TLanes.MultiplyBits(y, TLanes.BroadcastBits(0xAC4C1B51));
            y = TLanes.MultiplyBits(y ^ (y >>> 15), TLanes.BroadcastBits(0x31848BAB));
            TLanes.AddBits(y ^ (y >>> 14), x).Store(ref first, i);
            counter = TLanes.AddBits(counter, step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TLanes>(Span<float> words)
        where TLanes : struct, ILanes<TLanes>
    {
        const nuint half = BlockLength / 2;
        ref float start = ref MemoryMarshal.GetReference(words);
        for (nuint block = 0; block < (nuint)words.Length; block += BlockLength)
        {
            for (nuint i = block; i < block + half; i += (nuint)TLanes.Count)
            {
                TLanes first = TLanes.Load(in start, i);
                TLanes second = TLanes.Load(in start, i + half);
                TDistribution.Transform(ref first, ref second);
                first.Store(ref start, i);
                second.Store(ref start, i + half);
            }
        }
    }
}

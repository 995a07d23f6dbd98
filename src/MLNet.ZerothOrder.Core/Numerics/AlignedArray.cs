using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Pinned memory that begins at a multiple of 64 bytes. Native libraries sum in an order that follows the address of the data, so that memory from
/// elsewhere gives sums that differ from run to run.
/// </summary>
/// <typeparam name="T">The type of its elements.</typeparam>
public sealed class AlignedArray<T>
    where T : unmanaged
{
    /// <summary>Addresses are multiples of this many bytes: a line of the processor's cache, and its widest register.</summary>
    public const int Alignment = 64;

    private readonly T[] _array;
    private readonly int _start;

    /// <param name="length">How many elements, all zero; 0 or more.</param>
    public AlignedArray(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        int size = Unsafe.SizeOf<T>();
        Length = length;
        _array = GC.AllocateArray<T>(checked(length + (Alignment / size)), pinned: true);
        long address = Address(ref _array[0]);
        _start = (int)((Alignment - (address % Alignment)) % Alignment) / size;
    }

    /// <summary>How many elements.</summary>
    public int Length { get; }

    /// <summary>All of it.</summary>
    public Span<T> Span => _array.AsSpan(_start, Length);

    /// <summary>All of it.</summary>
    public Memory<T> Memory => _array.AsMemory(_start, Length);

    /// <summary>A part of it.</summary>
    /// <param name="offset">The first element.</param>
    /// <param name="length">How many.</param>
    public Span<T> Slice(int offset, int length)
    {
        // The array is longer than what is handed out.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset + (ulong)(uint)length, (ulong)Length);
        return _array.AsSpan(_start + offset, length);
    }

    private static unsafe long Address(ref T element) => (long)Unsafe.AsPointer(ref element);
}

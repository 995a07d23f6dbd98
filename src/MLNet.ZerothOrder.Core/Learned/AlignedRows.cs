using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>Rented memory whose rows of 16 floats do not cross cache lines. Crossing costs a sixth of the time.</summary>
internal static class AlignedRows
{
    private const int CacheLine = 64;

    /// <summary>The number of floats to rent.</summary>
    public static int Rent(int length) => checked(length + (CacheLine / sizeof(float)));

    /// <summary>The aligned part of rented memory, cleared. If the memory is moved later, it is only slower.</summary>
    public static unsafe Span<float> Of(float[] rented, int length)
    {
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(rented));
        Span<float> rows = rented.AsSpan((int)(-address & (CacheLine - 1)) / sizeof(float), length);
        rows.Clear();
        return rows;
    }
}

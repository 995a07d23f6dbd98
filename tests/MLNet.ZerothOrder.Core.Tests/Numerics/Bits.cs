using System.Runtime.InteropServices;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

internal static class Bits
{
    /// <summary>
    /// Fails where two spans differ in a bit. Any NaN equals any other: processors choose a NaN's bits by the order of an
    /// instruction's operands.
    /// </summary>
    public static void MustEqual(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        actual.Length.ShouldBe(expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i])
                || (float.IsNaN(actual[i]) && float.IsNaN(expected[i]));
            same.ShouldBeTrue($"{what}: element {i} of {expected.Length} is {actual[i]:R}, not {expected[i]:R}");
        }
    }

    public static ReadOnlySpan<uint> Of(ReadOnlySpan<float> words) => MemoryMarshal.Cast<float, uint>(words);
}

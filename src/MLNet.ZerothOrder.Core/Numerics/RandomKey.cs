namespace MLNet.ZerothOrder;

/// <summary>
/// Identifies one stream of random numbers. Streams are derived and never advanced: the numbers depend on the key alone. Results
/// therefore do not depend on earlier draws, on how problems are packed into calls, or on a resume.
/// </summary>
/// <param name="Value">64 well-mixed bits.</param>
public readonly record struct RandomKey(ulong Value)
{
    /// <summary>The root key of a run.</summary>
    public static RandomKey FromSeed(long seed) => new RandomKey(0x9E3779B97F4A7C15).Derive((ulong)seed);

    /// <summary>The key of a sub-stream, such as a problem, a step or a purpose.</summary>
    public RandomKey Derive(ulong name) => new(Mix(Value + (0x9E3779B97F4A7C15 * (Mix(name) | 1))));

    // The finalizer of MurmurHash3 with the constants of D. Stafford's variant 13: a bijection with full avalanche.
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

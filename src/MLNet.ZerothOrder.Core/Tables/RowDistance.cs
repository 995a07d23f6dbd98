namespace MLNet.ZerothOrder;

/// <summary>How far a row is from another one. A feature counts in units of its spread (1 over its cost); a one-hot group counts as one feature.</summary>
/// <param name="Changed">ℓ0: the number of changed features.</param>
/// <param name="L1">The sum of the changes: the cost.</param>
/// <param name="L2">The Euclidean length of the changes.</param>
/// <param name="LInfinity">The largest change.</param>
public readonly record struct RowDistance(int Changed, double L1, double L2, double LInfinity)
{
    /// <summary>The distance in a norm.</summary>
    public double Of(DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => L1,
        DistortionNorm.L2 => L2,
        _ => LInfinity,
    };
}

namespace MLNet.ZerothOrder;

/// <summary>The norm ‖x − x0‖_p that a perturbation is measured in (p of Eq. 6).</summary>
public enum DistortionNorm
{
    /// <summary>Sum of absolute changes.</summary>
    L1,

    /// <summary>Euclidean length of the change.</summary>
    L2,

    /// <summary>Largest absolute change.</summary>
    LInfinity,
}

/// <summary>The names of norms.</summary>
public static class DistortionNorms
{
    /// <summary>The name in options, result files and tables: <c>l1</c>, <c>l2</c> or <c>linf</c>.</summary>
    public static string Word(this DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => "l1",
        DistortionNorm.L2 => "l2",
        _ => "linf",
    };

    /// <summary>The symbol in texts: ℓ1, ℓ2 or ℓ∞.</summary>
    public static string Symbol(this DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => "ℓ1",
        DistortionNorm.L2 => "ℓ2",
        _ => "ℓ∞",
    };

    /// <summary>The largest distance of two points of [0, 1]^d.</summary>
    public static double Widest(this DistortionNorm norm, int dimension) => norm switch
    {
        DistortionNorm.L1 => dimension,
        DistortionNorm.L2 => Math.Sqrt(dimension),
        _ => 1,
    };

    /// <summary>The norm with this <see cref="Word"/>; null if there is none.</summary>
    public static DistortionNorm? Parse(string? word)
    {
        foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
        {
            if (norm.Word() == word)
            {
                return norm;
            }
        }

        return null;
    }
}

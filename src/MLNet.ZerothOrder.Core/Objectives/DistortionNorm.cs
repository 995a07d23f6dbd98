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

/// <summary>How norms are written.</summary>
public static class DistortionNorms
{
    /// <summary>As options, result files and tables have it: <c>l1</c>, <c>l2</c> or <c>linf</c>.</summary>
    public static string Word(this DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => "l1",
        DistortionNorm.L2 => "l2",
        _ => "linf",
    };

    /// <summary>As texts for people have it: ℓ1, ℓ2 or ℓ∞.</summary>
    public static string Symbol(this DistortionNorm norm) => norm switch
    {
        DistortionNorm.L1 => "ℓ1",
        DistortionNorm.L2 => "ℓ2",
        _ => "ℓ∞",
    };

    /// <summary>The norm of a <see cref="Word"/>; null where it is of none.</summary>
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

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

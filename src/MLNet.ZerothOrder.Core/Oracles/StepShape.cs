namespace MLNet.ZerothOrder;

/// <summary>What a step that is asked whole asks, and what it gives back.</summary>
/// <param name="Directions">q.</param>
/// <param name="Estimate">How slopes are measured.</param>
/// <param name="Corrects">
/// Whether the estimate is one that is kept from step to step and corrected (<see cref="GradientEstimator.Correct"/>); else it is Eq. 1's
/// (<see cref="GradientEstimator.Combine"/>).
/// </param>
public readonly record struct StepShape(int Directions, EstimateKind Estimate = EstimateKind.Forward, bool Corrects = false)
{
    /// <summary>Directions that are asked both ways.</summary>
    internal int Pairs => Estimate == EstimateKind.Antithetic ? Directions / 2 : 0;

    /// <summary>Directions that are drawn.</summary>
    internal int Drawn => Directions - Pairs;
}

namespace MLNet.ZerothOrder;

/// <summary>The shape of a step that one call answers: its queries and its estimate.</summary>
/// <param name="Directions">q, the number of directions.</param>
/// <param name="Estimate">How slopes are measured.</param>
/// <param name="Corrects">
/// True: the estimate is kept from step to step and corrected (<see cref="GradientEstimator.Correct"/>). False: it is Eq. 1's
/// (<see cref="GradientEstimator.Combine"/>).
/// </param>
public readonly record struct StepShape(int Directions, EstimateKind Estimate = EstimateKind.Forward, bool Corrects = false)
{
    /// <summary>Directions that are queried both ways, at +u and −u.</summary>
    public int Pairs => Estimate == EstimateKind.Antithetic ? Directions / 2 : 0;

    /// <summary>Directions that are drawn at random.</summary>
    public int Drawn => Directions - Pairs;
}

namespace MLNet.ZerothOrder;

/// <summary>Where an optimizer stands in a run.</summary>
/// <param name="Key">The key of all random draws of this step, from the problem's own key and the step's number.</param>
/// <param name="Number">t, from 1.</param>
/// <param name="Horizon">T, the number of steps of the whole run.</param>
/// <param name="Smoothing">μ.</param>
/// <param name="Objective">What is minimised: a composite objective tells the part that needs no query.</param>
public readonly record struct OptimizerStep(RandomKey Key, int Number, int Horizon, float Smoothing, IObjective Objective);

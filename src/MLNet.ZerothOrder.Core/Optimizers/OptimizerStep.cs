namespace MLNet.ZerothOrder;

/// <summary>The position of an optimizer in a run.</summary>
/// <param name="Key">The key of all random draws of this step, derived from the problem's key and the step's number.</param>
/// <param name="Number">t, from 1.</param>
/// <param name="Horizon">T, the number of steps of the whole run.</param>
/// <param name="Smoothing">μ.</param>
/// <param name="Objective">The objective. A composite objective provides the part that needs no query.</param>
public readonly record struct OptimizerStep(RandomKey Key, int Number, int Horizon, float Smoothing, IObjective Objective);

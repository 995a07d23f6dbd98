namespace MLNet.ZerothOrder;

/// <summary>What one query says about one point.</summary>
/// <param name="Loss">The whole objective.</param>
/// <param name="Queried">The objective without its <see cref="IObjective.Known"/> part: what had to be asked for, for an attack the margin. Equal to the loss where nothing is known.</param>
/// <param name="Solved">Whether the point solves the problem (for an attack: the class is strictly another, or strictly the target).</param>
public readonly record struct Evaluation(double Loss, double Queried, bool Solved);

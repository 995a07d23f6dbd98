namespace MLNet.ZerothOrder;

/// <summary>What one query says about one point.</summary>
/// <param name="Loss">The whole objective.</param>
/// <param name="Queried">What had to be asked for: the number m that <see cref="KnownTerm"/> makes the objective of, for an attack the margin. The objective itself where nothing is known.</param>
/// <param name="Solved">Whether the point solves the problem (for an attack: the class is strictly another, or strictly the target).</param>
public readonly record struct Evaluation(double Loss, double Queried, bool Solved);

namespace MLNet.ZerothOrder;

/// <summary>The result of one query at one point.</summary>
/// <param name="Loss">The whole objective.</param>
/// <param name="Queried">The queried number m from which <see cref="KnownTerm"/> gives the objective; for an attack, the margin. The objective itself if no part of it is known.</param>
/// <param name="Solved">Whether the point solves the problem. For an attack: another class, or the target class, has strictly the highest score.</param>
/// <param name="Margin">For an attack, the margin; NaN for another objective.</param>
/// <param name="Flagged">For an attack, whether the model did not give the image its true class.</param>
public readonly record struct Evaluation(double Loss, double Queried, bool Solved, double Margin = double.NaN, bool Flagged = false);

namespace MLNet.ZerothOrder.Training;

/// <summary>A further classifier that the spatial part of an optimizer is trained on.</summary>
/// <param name="Oracle">The classifier.</param>
/// <param name="Problems">The attacks to learn on, all on images of one size.</param>
/// <param name="Validation">The attacks that choose the weights.</param>
public sealed record SpatialTarget(IQueryOracle Oracle, IReadOnlyList<TrainingProblem> Problems, IReadOnlyList<TrainingProblem> Validation);

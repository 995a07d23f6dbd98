namespace MLNet.ZerothOrder.Training;

/// <summary>A prior's training after an epoch.</summary>
/// <param name="Epoch">The finished epochs.</param>
/// <param name="TrainingLoss">The mean loss of the epoch.</param>
/// <param name="ValidationLoss">The mean loss of the held-out images.</param>
/// <param name="Agreement">The share of the held-out images to which the network gives the class that the classifier gives them.</param>
/// <param name="IsBest">Whether this is the lowest validation loss so far.</param>
public sealed record PriorPoint(int Epoch, double TrainingLoss, double ValidationLoss, double Agreement, bool IsBest);

namespace MLNet.ZerothOrder.Training;

/// <summary>The progress of a training after a validation.</summary>
/// <param name="Done">The problems trained on so far.</param>
/// <param name="Problems">The number of all problems.</param>
/// <param name="TrainingLoss">The mean meta-objective of the problems since the last validation; NaN for the first.</param>
/// <param name="ValidationLoss">The mean meta-objective of the validation problems.</param>
/// <param name="IsBest">Whether this is the lowest validation loss so far.</param>
/// <param name="FinalLoss">The mean final loss of the validation problems.</param>
/// <param name="MeanLoss">The mean loss over iterations of the validation problems.</param>
/// <param name="LearningRate">The learning rate of the next update.</param>
/// <param name="SkippedSteps">Updates skipped so far because their gradient was not finite.</param>
/// <param name="Queries">Queries so far, of training and validation.</param>
/// <param name="Time">The time of this process's run.</param>
/// <param name="DoneInRun">The problems trained on in this process's run.</param>
public readonly record struct TrainingProgress(
    int Done, int Problems, double TrainingLoss, double ValidationLoss, bool IsBest, double FinalLoss, double MeanLoss, double LearningRate, int SkippedSteps, long Queries, TimeSpan Time, int DoneInRun)
{
    /// <summary>The estimated remaining time; null before there is an estimate.</summary>
    public TimeSpan? TimeLeft => DoneInRun > 0 ? Time / DoneInRun * (Problems - Done) : null;
}

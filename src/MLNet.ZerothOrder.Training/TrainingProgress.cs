namespace MLNet.ZerothOrder.Training;

/// <summary>Where a training stands, after a validation.</summary>
/// <param name="Done">Problems trained on.</param>
/// <param name="Problems">Problems in all.</param>
/// <param name="TrainingLoss">The mean meta-objective of the problems since the last validation; NaN for the first.</param>
/// <param name="ValidationLoss">The mean meta-objective of the validation problems.</param>
/// <param name="IsBest">Whether no earlier validation was lower.</param>
/// <param name="FinalLoss">The validation problems' mean final loss.</param>
/// <param name="MeanLoss">The validation problems' mean loss over iterations.</param>
/// <param name="LearningRate">The learning rate of the next change.</param>
/// <param name="SkippedSteps">Changes left out so far because their gradient was not finite.</param>
/// <param name="Queries">Queries so far, of training and validation.</param>
/// <param name="Time">Time of this run.</param>
/// <param name="DoneInRun">Problems trained on in this run, which a resume shortens.</param>
public readonly record struct TrainingProgress(
    int Done, int Problems, double TrainingLoss, double ValidationLoss, bool IsBest, double FinalLoss, double MeanLoss, double LearningRate, int SkippedSteps, long Queries, TimeSpan Time, int DoneInRun)
{
    /// <summary>The time that is left at this pace; null before there is one.</summary>
    public TimeSpan? TimeLeft => DoneInRun > 0 ? Time / DoneInRun * (Problems - Done) : null;
}

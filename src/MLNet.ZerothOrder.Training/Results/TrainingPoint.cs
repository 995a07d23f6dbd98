namespace MLNet.ZerothOrder.Training;

/// <summary>One validation of a training.</summary>
/// <param name="Stage">The stage: <c>update</c>, <c>query</c> or <c>proximal</c>.</param>
/// <param name="Done">The problems trained on so far in this stage.</param>
/// <param name="TrainingLoss">The objective on the training problems since the last validation; null for the first validation.</param>
/// <param name="ValidationLoss">The objective on the validation problems.</param>
/// <param name="IsBest">Whether this is the lowest validation loss of the stage so far.</param>
/// <param name="FinalLoss">The mean final loss of the validation problems.</param>
/// <param name="MeanLoss">The mean loss over all iterates of the validation problems.</param>
/// <param name="LearningRate">The learning rate at this point.</param>
/// <param name="Queries">Queries of training so far.</param>
public sealed record TrainingPoint(
    string Stage, int Done, double? TrainingLoss, double ValidationLoss, bool IsBest, double FinalLoss, double MeanLoss, double LearningRate, long Queries)
{
    internal static TrainingPoint From(StageProgress progress)
    {
        TrainingProgress state = progress.State;
        return new TrainingPoint(
            progress.Stage, state.Done, double.IsNaN(state.TrainingLoss) ? null : state.TrainingLoss, state.ValidationLoss, state.IsBest, state.FinalLoss, state.MeanLoss, state.LearningRate, state.Queries);
    }
}

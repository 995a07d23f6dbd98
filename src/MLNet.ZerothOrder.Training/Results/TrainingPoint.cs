namespace MLNet.ZerothOrder.Training;

/// <summary>One validation of a training.</summary>
/// <param name="Stage">What is trained: <c>update</c>, <c>query</c> or <c>proximal</c>.</param>
/// <param name="Done">Problems that were trained on so far in this stage.</param>
/// <param name="TrainingLoss">The objective over them since the last validation; null where there were none.</param>
/// <param name="ValidationLoss">The objective on the validation problems.</param>
/// <param name="IsBest">Whether it is the stage's lowest so far.</param>
/// <param name="FinalLoss">The validation problems' mean loss of the last iterate.</param>
/// <param name="MeanLoss">Their mean loss over all iterates.</param>
/// <param name="LearningRate">The learning rate at that point.</param>
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

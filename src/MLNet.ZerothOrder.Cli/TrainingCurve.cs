using System.Globalization;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The validations of a training: one line each as they happen, and a curve at the end.</summary>
internal static class TrainingCurve
{
    private const int BarWidth = 40;

    public static void WriteLine(Terminal terminal, string stage, TrainingProgress state)
    {
        string left = state.TimeLeft is { } time ? $", {ProgressLine.Duration(time)} left" : "";
        string training = double.IsNaN(state.TrainingLoss) ? "" : string.Create(CultureInfo.InvariantCulture, $"training {state.TrainingLoss:0.0000}, ");
        string skipped = state.SkippedSteps > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {state.SkippedSteps} change{(state.SkippedSteps == 1 ? "" : "s")} skipped for not being finite, at learning rate {state.LearningRate:G3}") : "";
        terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stage} {state.Done}/{state.Problems}: {training}validation {state.ValidationLoss:0.0000}{(state.IsBest ? " (best)" : "")}, final loss {state.FinalLoss:0.000}, {state.Queries:N0} queries{skipped}{left}"));
    }

    /// <summary>Draws the validation losses as bars, stage by stage.</summary>
    public static void Write(Terminal terminal, IEnumerable<TrainingPoint> points)
    {
        foreach (IGrouping<string, TrainingPoint> stage in points.GroupBy(p => p.Stage))
        {
            // A logarithmic objective can be negative, so bars show the distance from the best.
            double low = stage.Min(p => p.ValidationLoss);
            double range = Math.Max(stage.Max(p => p.ValidationLoss) - low, double.Epsilon);
            terminal.Output.WriteLine($"validation loss, stage {stage.Key}");
            foreach (TrainingPoint point in stage)
            {
                double share = (point.ValidationLoss - low) / range;
                int bar = double.IsFinite(share) ? (int)Math.Round(share * BarWidth) : BarWidth;
                terminal.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{point.Done,7} {point.ValidationLoss,9:0.0000} {new string('█', bar)}{(point.ValidationLoss == low ? "◂ best" : "")}"));
            }
        }
    }
}

using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>What an attack on a row has to reach, as a margin of the model's scores: below 0 is a success.</summary>
public abstract record RowGoal
{
    private protected RowGoal()
    {
    }

    /// <summary>The margin of one row's scores.</summary>
    public abstract double Margin(ReadOnlySpan<float> scores);

    /// <summary>Another class than this one gets strictly the highest score.</summary>
    /// <param name="label">The class, from 0.</param>
    /// <param name="kind">What the scores are.</param>
    public static RowGoal NotClass(int label, ScoreKind kind = ScoreKind.Logits) => new ClassGoal(label, false, kind);

    /// <summary>This class gets strictly the highest score.</summary>
    /// <param name="target">The class, from 0.</param>
    /// <param name="kind">What the scores are.</param>
    public static RowGoal Class(int target, ScoreKind kind = ScoreKind.Logits) => new ClassGoal(target, true, kind);

    /// <summary>The last score is above a threshold. A regression has one score, the predicted number.</summary>
    public static RowGoal Above(double threshold) => new NumberGoal(threshold, 1);

    /// <summary>The last score is below a threshold.</summary>
    public static RowGoal Below(double threshold) => new NumberGoal(threshold, -1);

    /// <summary>The last score differs from a number by more than a distance.</summary>
    public static RowGoal Moved(double from, double distance) => new MovedGoal(from, distance);

    private sealed record ClassGoal(int Label, bool IsTarget, ScoreKind Kind) : RowGoal
    {
        public override double Margin(ReadOnlySpan<float> scores) => Label >= 0 && Label < scores.Length
            ? AttackObjective.Margin(scores, Label, IsTarget, Kind)
            : throw new InputException(string.Create(CultureInfo.InvariantCulture, $"Class {Label} is outside 0..{scores.Length - 1} for a model with {scores.Length} classes; correct the label or the target."));
    }

    private sealed record NumberGoal(double Threshold, int Sign) : RowGoal
    {
        public override double Margin(ReadOnlySpan<float> scores) => Sign * (Threshold - scores[^1]);
    }

    private sealed record MovedGoal(double From, double Distance) : RowGoal
    {
        public override double Margin(ReadOnlySpan<float> scores) => Distance - Math.Abs(scores[^1] - From);
    }
}

using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// The points that a prior proposes, one query each (<see cref="PriorView"/> finds them without queries).
/// <list type="bullet">
/// <item>Minimal distortion: the first point turns the predicted margin of the image around; each further one aims past the decision boundary as the answers so far
/// extrapolate to it. After the first success, up to four look for a smaller change. Without a success among five, or where the margin falls by less than a tenth of what the prior
/// promises or too slowly to get there, the optimizer starts without the prior.</item>
/// <item>In a ball: one point towards the nearest class, then one towards each of the next two. If none succeeds, the image itself is asked, and the best point is the start only if
/// its margin is lower by at least a tenth of what the prior promises.</item>
/// </list>
/// </summary>
/// <remarks>θ is the change of the best point. State: its loss, some numbers (below), the last point, d floats.</remarks>
internal sealed class PriorChecks(IDirectionPrior prior) : ICandidateOptimizer
{
    private const int MostPoints = 5;
    private const int Refinements = 4;
    private const int Rivals = 3;
    private const double LeastShare = 0.1;
    private const double Overshoot = 1.3;

    // A prior whose last step would have to be repeated more often than this to reach the decision boundary is of little use.
    private const double MostSteps = 3;

    // The measured margin of the last point, the predicted ones of the image, of the point before, of the last and of the best point.
    private const int Measured = 2;
    private const int Start = 3;
    private const int Before = 4;
    private const int Predicted = 5;
    private const int BestPredicted = 6;

    // The part of the promised decrease that was measured, the predicted margin that is aimed at, and flags.
    private const int Share = 7;
    private const int Aim = 8;
    private const int Done = 9;
    private const int Agrees = 10;

    // The predicted and the measured margin of the last point above the aimed margin and of the last one below it, and the points since the first one below it.
    private const int Above = 11;
    private const int Below = 13;
    private const int Refined = 15;
    private const int Scalars = 16;

    /// <inheritdoc/>
    public string Name => "prior";

    /// <inheritdoc/>
    public int Directions => 0;

    /// <inheritdoc/>
    public float? Smoothing => null;

    /// <summary>Whether no further point is asked.</summary>
    public static bool IsDone(ReadOnlySpan<float> state) => state[Done] > 0;

    /// <summary>Whether the answers agree with the prior, so that its best point is a start.</summary>
    public static bool Agreed(ReadOnlySpan<float> state) => state[Agrees] > 0;

    /// <summary>The part of the margin's predicted decrease that was measured.</summary>
    public static float MeasuredShare(ReadOnlySpan<float> state) => state[Share];

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(Scalars + dimension);

    /// <inheritdoc/>
    public int Candidates(in OptimizerStep step, ReadOnlySpan<float> state) => 1;

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        var attacked = (AttackObjective)step.Objective;
        var view = new PriorView(prior, attacked);
        Span<float> point = state.Slice(Scalars, theta.Length);
        if (step.Number == 1)
        {
            state[Start] = state[Predicted] = (float)view.Start();
            state[Aim] = state[Start] - (2 * Math.Abs(state[Start]));
        }

        state[Before] = state[Predicted];
        if (!attacked.Settings.IsBounded)
        {
            state[Predicted] = (float)view.ToMargin(state[Aim], point);
        }
        else if (step.Number <= Rivals)
        {
            state[Predicted] = (float)view.InBall(step.Number - 1, point);
        }
        else
        {
            point.Clear();
        }

        point.CopyTo(directions);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        var attacked = (AttackObjective)step.Objective;
        Evaluation answer = answers[0];
        bool isImage = attacked.Settings.IsBounded && step.Number > Rivals;
        ref double loss = ref MemoryMarshal.Cast<float, double>(state[..2])[0];
        if (!isImage && (step.Number == 1 || answer.Loss < loss))
        {
            loss = answer.Loss;
            directions.CopyTo(theta);
            state[BestPredicted] = state[Predicted];
        }

        double fell, promised;
        if (isImage)
        {
            (fell, promised) = (answer.Margin - loss, state[Start] - state[BestPredicted]);
        }
        else
        {
            // The image itself was not asked; the prior's prediction stands for it.
            (fell, promised) = ((step.Number == 1 ? state[Start] : state[Measured]) - answer.Margin, state[Before] - state[Predicted]);
        }

        double share = fell / promised;
        bool agrees = promised > 0 && share >= LeastShare;
        state[Measured] = (float)answer.Margin;
        if (attacked.Settings.IsBounded)
        {
            state[Share] = Part(share);
            if (answer.Solved || isImage)
            {
                End(answer.Solved || agrees, state);
            }

            return;
        }

        double height = answer.Margin + attacked.Settings.Confidence;
        (state[height > 0 ? Above : Below], state[(height > 0 ? Above : Below) + 1]) = (state[Predicted], (float)height);
        bool reached = state[Refined] > 0 || height <= 0;
        if (!reached)
        {
            state[Share] = Part(share);
            if (step.Number == MostPoints || !(promised > 0) || (step.Number > 1 && (!agrees || height > MostSteps * fell)))
            {
                End(false, state);
                return;
            }

            // The prior's margin falls further by what the target's has to, over the measured share.
            state[Aim] = (float)(state[Predicted] - Math.Clamp(Overshoot * height / state[Share], promised / 4, 2 * promised));
            return;
        }

        state[Refined]++;
        if (state[Refined] == 1)
        {
            state[Share] = Part((state[Start] - answer.Margin) / (state[Start] - state[Predicted]));
        }

        if (state[Refined] > Refinements)
        {
            End(true, state);
            return;
        }

        // Towards the decision boundary, where the distortion is smaller: between a point above it and one below it, or as far up as the measured share tells.
        double slope = state[Above + 1] > 0 ? (state[Above + 1] - state[Below + 1]) / (state[Above] - state[Below]) : state[Share];
        state[Aim] = (float)(state[Below] - (state[Below + 1] / Math.Max(slope, LeastShare)));
    }

    private static float Part(double share) => (float)(double.IsFinite(share) ? Math.Clamp(share, LeastShare, 1) : LeastShare);

    private static void End(bool agrees, Span<float> state)
    {
        state[Done] = 1;
        state[Agrees] = agrees ? 1 : 0;
    }
}

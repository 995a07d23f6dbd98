using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Our own method for an ℓ∞ or ℓ2 ball, in three parts. First the start of a published method: in ℓ∞ SignHunter's flips down to 1/32 of the image, in ℓ2 Square's grid of bumps. Then ten steps
/// that estimate the margin's gradient G from differences along 20 directions, remembered from step to step (<see cref="ResidualMemory"/>), and move by −ε 0.85ᵏ sign G, in ℓ2 by −ε 0.85ᵏ G/‖G‖. Then
/// Square from the best point. If the differences show no slope, Square follows at once.
/// </summary>
/// <remarks>State: that of SignHunter, whose signs are replaced by the iterate of the gradient steps, then G, d floats, the queries so far, and 1 where no slope was seen.</remarks>
internal sealed class MemorySquareAttack() : AttackMethod("memory-square", Differences + 1)
{
    private const int Differences = 20;
    private const float Difference = 1e-3f;
    private const int Flips = 64;
    private const int GradientSteps = 10;
    private const double Decay = 0.85;
    private const int SignsStart = LossLength + 2;

    // Smoother than in zo-prox: a step weighs all signs alike, so whole areas have to be right.
    private static readonly ProximalOptions Assumed = new() { Width = 1.5f };

    private readonly SquareAttack _square = new();
    private readonly SignHunterAttack _signs = new();

    private enum Part
    {
        Start,
        Gradient,
        LastIterate,
        Square,
    }

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => _square.Fits(loss);

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(_signs.StateLength(dimension) + dimension + 2);

    /// <inheritdoc/>
    public override int FewestPoints => 1;

    /// <inheritdoc/>
    public override int Candidates(in OptimizerStep step, ReadOnlySpan<float> state) => PartOf(step, state, out int done) switch
    {
        // The loss at the first iterate is known.
        Part.Gradient => done == 0 ? Differences : Differences + 1,
        _ => 1,
    };

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        AttackObjective attacked = Attacked(step);
        int d = theta.Length;
        Span<float> iterate = state.Slice(SignsStart, d);
        switch (PartOf(step, state, out int done))
        {
            case Part.Start when IsBox(attacked):
                _signs.Ask(step, theta, state[..(SignsStart + d)], directions);
                break;

            case Part.Gradient:
                if (done == 0)
                {
                    theta.CopyTo(iterate);
                }
                else
                {
                    iterate.CopyTo(directions);
                }

                Span<float> points = directions[(done == 0 ? 0 : d)..];
                ImageSampler.Draw(step.Key, attacked.Shape, Assumed, points);
                for (int start = 0; start < points.Length; start += d)
                {
                    Span<float> point = points.Slice(start, d);
                    SimdKernels.ScaledAdd(iterate, Difference, point, point);
                    attacked.Project(point);
                }

                break;

            case Part.LastIterate:
                iterate.CopyTo(directions);
                break;

            default:
                // Square's schedule counts queries, and each of its steps has one.
                int budget = (int)Math.Min(int.MaxValue, (long)step.Horizon * (Differences + 1));
                _square.Ask(step with { Number = (int)state[^2] + 1, Horizon = budget }, theta, state, directions);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Part part = PartOf(step, state, out int done);
        state[^2] += answers.Length;
        if (part == Part.Start && IsBox(Attacked(step)))
        {
            _signs.Tell(step, directions, answers, theta, state[..(SignsStart + d)]);
        }
        else if (part == Part.Gradient)
        {
            TellGradient(step, done, directions, answers, theta, state);
        }
        else
        {
            TakeIfBetter(step, directions, answers[0].Loss, theta, state);
        }
    }

    private static void TellGradient(in OptimizerStep step, int done, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        AttackObjective attacked = Attacked(step);
        int d = theta.Length, first = done == 0 ? 0 : 1, rows = answers.Length - first;
        Span<float> iterate = state.Slice(SignsStart, d), memory = state.Slice(SignsStart + d, d);
        double loss = done == 0 ? Loss(state) : answers[0].Loss;
        if (done > 0)
        {
            TakeIfBetter(step, directions[..d], loss, theta, state);
        }

        // The points are those inside the ball, so these are the moves that were measured.
        float[] rented = ArrayPool<float>.Shared.Rent(rows * d);
        Span<double> slopes = stackalloc double[rows];
        for (int row = 0; row < rows; row++)
        {
            SimdKernels.ScaledAdd(directions.Slice((row + first) * d, d), -1, iterate, rented.AsSpan(row * d, d));
            slopes[row] = answers[row + first].Loss - loss;
        }

        ResidualMemory.Correct(rented.AsSpan(0, rows * d), slopes, memory);
        ArrayPool<float>.Shared.Return(rented);
        double length = Math.Sqrt(SimdKernels.SumOfSquares(memory));
        if (!(length > 0) || !double.IsFinite(length))
        {
            state[^1] = 1;
            return;
        }

        double rate = attacked.Settings.Epsilon!.Value * Math.Pow(Decay, done);
        for (int i = 0; i < d; i++)
        {
            iterate[i] -= (float)(rate * (IsBox(attacked) ? Math.Sign(memory[i]) : memory[i] / length));
        }

        attacked.Project(iterate);
    }

    // The part of the method that a step belongs to, and the number of that part's earlier steps.
    private static Part PartOf(in OptimizerStep step, ReadOnlySpan<float> state, out int done)
    {
        int start = IsBox(Attacked(step)) ? Flips : 1;
        done = step.Number - start - 1;
        return done < 0 ? Part.Start
            : state[^1] != 0 || done > GradientSteps ? Part.Square
            : done < GradientSteps ? Part.Gradient : Part.LastIterate;
    }

    private static bool IsBox(AttackObjective attacked) => attacked.Settings.Norm == DistortionNorm.LInfinity;
}

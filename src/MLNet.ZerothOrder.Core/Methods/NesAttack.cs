using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// NES (Ilyas, Engstrom, Athalye, Lin: "Black-box Adversarial Attacks with Limited Queries and Information", ICML 2018), in an ℓ∞ or ℓ2 ball. A step asks 25 pairs θ ± σu, u ~ N(0, I), σ = 0.001,
/// averages their antithetic differences, adds momentum (0.9), and moves by the sign of the result times a rate that starts at 0.01 and is halved when the mean loss has
/// not fallen in 5 steps. In ℓ2 it moves along the result, by a rate that starts at ε/10; the paper has no ℓ2.
/// </summary>
/// <remarks>
/// 50 queries a step. As in the published accounting, θ itself is not asked: a success is an asked point, which differs from θ by σu.
/// State: the lowest loss, the rate, the mean losses of up to 5 steps and their number, and the momentum.
/// </remarks>
internal sealed class NesAttack() : AttackMethod("nes", 2 * Pairs)
{
    private const int Pairs = 25;
    private const float Sigma = 1e-3f;
    private const float Momentum = 0.9f;
    private const int Plateau = 5;
    private const float FirstRate = 1e-2f;
    private const float SmallestRate = 5e-5f;
    private const int Rate = LossLength;
    private const int Count = Rate + 1;
    private const int Losses = Count + 1;
    private const int Scalars = Losses + Plateau;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Epsilon: not null, Norm: DistortionNorm.LInfinity or DistortionNorm.L2 };

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(Scalars + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        for (int row = 0; row < directions.Length / d; row++)
        {
            Span<float> point = directions.Slice(row * d, d);
            CounterRandom.Normals(step.Key.Derive((ulong)(row / 2)), point);
            SimdKernels.ScaledAdd(theta, row % 2 == 0 ? Sigma : -Sigma, point, point);
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        AttackLoss loss = Attacked(step).Settings;
        bool isBox = loss.Norm == DistortionNorm.LInfinity;
        float first = isBox ? FirstRate : (float)(loss.Epsilon!.Value / 10);
        Span<float> momentum = state.Slice(Scalars, d);
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> normals = rented.AsSpan(0, d);
        int pairs = answers.Length / 2;
        double sum = 0;
        for (int i = 0; i < d; i++)
        {
            momentum[i] *= Momentum;
        }

        for (int pair = 0; pair < pairs; pair++)
        {
            (double plus, double minus) = (answers[2 * pair].Loss, answers[(2 * pair) + 1].Loss);
            sum += plus + minus;
            CounterRandom.Normals(step.Key.Derive((ulong)pair), normals);
            SimdKernels.Axpy((float)((1 - Momentum) * (plus - minus) / (2 * Sigma * pairs)), normals, momentum);
        }

        ArrayPool<float>.Shared.Return(rented);
        state[Rate] = Drop(step.Number == 1 ? first : state[Rate], first * SmallestRate / FirstRate, (float)(sum / (2 * pairs)), state);
        if (isBox)
        {
            for (int i = 0; i < d; i++)
            {
                theta[i] -= state[Rate] * Math.Sign(momentum[i]);
            }
        }
        else if (Math.Sqrt(SimdKernels.SumOfSquares(momentum)) is > 0 and var length)
        {
            SimdKernels.Axpy((float)(-state[Rate] / length), momentum, theta);
        }
    }

    // The rate is halved when the last of 5 mean losses is above the first of them.
    private static float Drop(float rate, float smallest, float loss, Span<float> state)
    {
        ref float count = ref state[Count];
        Span<float> losses = state.Slice(Losses, Plateau);
        if (count == Plateau)
        {
            losses[1..].CopyTo(losses);
            count--;
        }

        losses[(int)count++] = loss;
        if (count < Plateau || !(loss > losses[0]))
        {
            return rate;
        }

        count = 0;
        return Math.Max(rate / 2, smallest);
    }
}

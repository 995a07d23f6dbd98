namespace MLNet.ZerothOrder;

/// <summary>
/// RayS (Chen, Gu: "RayS: A Ray Searching Method for Hard-label Adversarial Attack", KDD 2020), ℓ∞, labels only. It looks for the vector of signs along which another class is nearest. It flips
/// the signs of the whole vector, then of its halves, quarters and so on. If the flipped vector is adversarial at the smallest radius so far, a bisection finds its own, smaller radius.
/// </summary>
/// <remarks>
/// One query a step. The first vectors are tried at radius 1, where every pixel is at an end of the box; the published code tries larger radii too, which gives the same image.
/// State: the smallest radius, the level, the next part, whether a bisection is in progress, its two ends, and the signs.
/// </remarks>
internal sealed class RaysAttack() : AttackMethod("rays")
{
    private const double Tolerance = 1e-3;
    private const int Level = LossLength;
    private const int Next = Level + 1;
    private const int Bisects = Next + 1;
    private const int Low = Bisects + 1;
    private const int High = Low + 1;
    private const int Signs = High + 1;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: true, Pixels: null, IsTargeted: false, Norm: DistortionNorm.LInfinity };

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(Signs + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        Span<float> signs = state[Signs..];
        if (step.Number == 1)
        {
            signs.Fill(1);
            Loss(state) = 1;
        }

        float radius = (float)Loss(state);
        if (state[Bisects] > 0)
        {
            radius = (state[Low] + state[High]) / 2;
        }
        else
        {
            SignVector.Flip(signs, (int)state[Level], (int)state[Next]);
        }

        for (int i = 0; i < signs.Length; i++)
        {
            directions[i] = signs[i] * radius;
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Span<float> signs = state[Signs..];
        bool isAdversarial = answers[0].Queried < 0;
        if (isAdversarial)
        {
            directions.CopyTo(theta);
        }

        if (state[Bisects] > 0)
        {
            state[isAdversarial ? High : Low] = (state[Low] + state[High]) / 2;
        }
        else if (isAdversarial)
        {
            (state[Bisects], state[Low], state[High]) = (1, 0, (float)Loss(state));
        }
        else
        {
            SignVector.Flip(signs, (int)state[Level], (int)state[Next]);
            SignVector.Advance(signs.Length, ref state[Level], ref state[Next]);
        }

        // The published tolerance is that of the ℓ2 distance.
        if (state[Bisects] > 0 && state[High] - state[Low] <= Math.Max(Tolerance / Math.Sqrt(signs.Length), 2.0 * (MathF.BitIncrement(state[High]) - state[High])))
        {
            state[Bisects] = 0;
            Loss(state) = state[High];
            SignVector.Advance(signs.Length, ref state[Level], ref state[Next]);
        }
    }
}

namespace MLNet.ZerothOrder;

/// <summary>
/// SignHunter (Al-Dujaili, O'Reilly: "Sign Bits Are All You Need for Black-Box Attacks", ICLR 2020), in an ℓ∞ ball. The change is ε times a vector of signs, at first all 1. It flips the signs
/// of the whole vector, then of its halves, quarters and so on down to single values, then begins again, and keeps every flip that does not raise the margin.
/// </summary>
/// <remarks>One query a step, the first for the signs that are all 1. State: the loss of θ, the level, the next part of it, and the signs.</remarks>
internal sealed class SignHunterAttack() : AttackMethod("signhunter")
{
    private const int Level = LossLength;
    private const int Next = Level + 1;
    private const int Signs = Next + 1;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Epsilon: not null, Norm: DistortionNorm.LInfinity };

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(Signs + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        float epsilon = AllowedChange.Below(Attacked(step).Settings.Epsilon!.Value);
        Span<float> signs = state[Signs..];
        if (step.Number == 1)
        {
            signs.Fill(1);
        }
        else
        {
            SignVector.Flip(signs, (int)state[Level], (int)state[Next]);
        }

        for (int i = 0; i < signs.Length; i++)
        {
            directions[i] = signs[i] * epsilon;
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Span<float> signs = state[Signs..];
        ref double best = ref Loss(state);
        if (step.Number == 1 || answers[0].Loss <= best)
        {
            best = answers[0].Loss;
            directions.CopyTo(theta);
        }
        else
        {
            SignVector.Flip(signs, (int)state[Level], (int)state[Next]);
        }

        if (step.Number > 1)
        {
            SignVector.Advance(theta.Length, ref state[Level], ref state[Next]);
        }
    }
}

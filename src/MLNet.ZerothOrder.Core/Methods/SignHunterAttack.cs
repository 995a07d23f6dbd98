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
            Flip(state);
        }

        for (int i = 0; i < signs.Length; i++)
        {
            directions[i] = signs[i] * epsilon;
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        ref double best = ref Loss(state);
        if (step.Number == 1 || answers[0].Loss <= best)
        {
            best = answers[0].Loss;
            directions.CopyTo(theta);
        }
        else
        {
            Flip(state);
        }

        if (step.Number == 1)
        {
            return;
        }

        int d = theta.Length;
        state[Next]++;
        if (state[Next] * Length(d, state) >= d)
        {
            state[Next] = 0;
            state[Level] = Length(d, state) == 1 ? 0 : state[Level] + 1;
        }
    }

    // The length of a part of the current level.
    private static int Length(int dimension, ReadOnlySpan<float> state) => (int)((dimension + (1L << (int)state[Level]) - 1) >> (int)state[Level]);

    private static void Flip(Span<float> state)
    {
        Span<float> signs = state[Signs..];
        int length = Length(signs.Length, state), from = (int)state[Next] * length;
        foreach (ref float sign in signs[from..Math.Min(signs.Length, from + length)])
        {
            sign = -sign;
        }
    }
}

namespace MLNet.ZerothOrder;

/// <summary>
/// A function of θ (d floats) to minimize: how θ becomes the input row of the oracle, and how a scored row becomes one number.
/// An objective belongs to one problem, holds the data of that problem, and is immutable.
/// </summary>
public interface IObjective
{
    /// <summary>d, the number of coordinates of θ.</summary>
    int Dimension { get; }

    /// <summary>The number of floats that <see cref="Decode"/> writes.</summary>
    int InputLength { get; }

    /// <summary>Writes θ_0. It depends on the key alone, so that all optimizers start from the same point.</summary>
    void Initialize(RandomKey key, Span<float> theta);

    /// <summary>Writes the input row of θ. The spans must not overlap.</summary>
    void Decode(ReadOnlySpan<float> theta, Span<float> input);

    /// <summary>Moves θ to a nearby point that <see cref="Decode"/> takes as it is. Called after each step. By default every θ is allowed.</summary>
    void Project(Span<float> theta)
    {
    }

    /// <summary>The objective at a decoded row, given the oracle's scores of that row.</summary>
    Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores);

    /// <summary>The part of the loss that needs no query, as a function of θ; null if there is none in closed form.</summary>
    KnownTerm? Known => null;
}

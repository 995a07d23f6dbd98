namespace MLNet.ZerothOrder;

/// <summary>
/// The function to minimise, seen from θ (d floats): how θ becomes the oracle's input row, and how a scored row becomes one number.
/// An objective belongs to one problem, holds that problem's data, and is immutable.
/// </summary>
public interface IObjective
{
    /// <summary>d, the number of coordinates of θ.</summary>
    int Dimension { get; }

    /// <summary>Floats of the input row that <see cref="Decode"/> writes.</summary>
    int InputLength { get; }

    /// <summary>Writes θ_0, the same for every optimizer that starts from this key.</summary>
    void Initialize(RandomKey key, Span<float> theta);

    /// <summary>Writes the input row of θ. The two spans must not overlap.</summary>
    void Decode(ReadOnlySpan<float> theta, Span<float> input);

    /// <summary>The objective at a decoded row, from the oracle's scores of that row.</summary>
    Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores);

    /// <summary>The part of the loss that needs no query, as a function of θ; null where there is none or it is not known in closed form.</summary>
    KnownTerm? Known => null;
}

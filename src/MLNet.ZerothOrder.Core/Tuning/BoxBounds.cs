using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>A box in d coordinates: the search space of a tuner. A coordinate with equal bounds is fixed.</summary>
public sealed class BoxBounds
{
    private readonly float[] _lower;
    private readonly float[] _upper;

    /// <param name="lower">The lower corner, d numbers.</param>
    /// <param name="upper">The upper corner, d numbers, each at least its lower bound.</param>
    /// <exception cref="InputException">There are no coordinates, the corners differ in length, a bound is not finite, or a lower bound is above its upper bound.</exception>
    public BoxBounds(ReadOnlySpan<float> lower, ReadOnlySpan<float> upper)
    {
        if (lower.Length != upper.Length || lower.Length == 0)
        {
            throw new InputException(
                $"The box has {lower.Length} lower and {upper.Length} upper bounds; give one of each per coordinate, for at least 1 coordinate.");
        }

        for (int i = 0; i < lower.Length; i++)
        {
            if (!float.IsFinite(lower[i]) || !float.IsFinite(upper[i]))
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Coordinate {i} has the bounds {lower[i]} … {upper[i]}; give finite bounds, because steps are relative to the size of the box."));
            }

            if (lower[i] > upper[i])
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture, $"Coordinate {i} has the lower bound {lower[i]} above the upper bound {upper[i]}; swap them."));
            }
        }

        _lower = lower.ToArray();
        _upper = upper.ToArray();
    }

    /// <summary>The same bounds for each of d coordinates.</summary>
    /// <exception cref="InputException">As for the constructor.</exception>
    public static BoxBounds Cube(int dimension, float lower, float upper)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        var corners = new float[2 * dimension];
        corners.AsSpan(0, dimension).Fill(lower);
        corners.AsSpan(dimension).Fill(upper);
        return new BoxBounds(corners.AsSpan(0, dimension), corners.AsSpan(dimension));
    }

    /// <summary>d.</summary>
    public int Dimension => _lower.Length;

    /// <summary>The lower corner, d floats.</summary>
    public ReadOnlySpan<float> Lower => _lower;

    /// <summary>The upper corner, d floats.</summary>
    public ReadOnlySpan<float> Upper => _upper;

    /// <summary>Whether a point of d floats is in the box.</summary>
    public bool Contains(ReadOnlySpan<float> point)
    {
        bool inside = point.Length == Dimension;
        for (int i = 0; inside && i < point.Length; i++)
        {
            inside = point[i] >= _lower[i] && point[i] <= _upper[i];
        }

        return inside;
    }
}

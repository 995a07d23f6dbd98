namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A bent function h + b·x + ½ Σ aᵢxᵢ², asked at the box's nearest point where there is a box, and the rest of a composite objective.</summary>
/// <param name="dimension">d.</param>
/// <param name="known">The known part; null for none.</param>
/// <param name="height">h.</param>
/// <param name="lossScale">Multiplies the function; the known part's weight and floor are the caller's to multiply.</param>
/// <param name="unit">What θ counts in; the known part is the caller's to multiply.</param>
internal sealed class BentObjective(int dimension, KnownTerm? known = null, double height = 3, double lossScale = 1, float unit = 1) : IObjective
{
    private readonly float[] _slope = Models.Normals(RandomKey.FromSeed(77), dimension);

    public int Dimension => dimension;

    public int InputLength => dimension;

    public KnownTerm? Known => known;

    /// <summary>A box around 0 that does not lie evenly, and a centre within it of which some coordinates are at its faces.</summary>
    public static KnownTerm Term(int dimension, DistortionNorm norm = DistortionNorm.L1, double weight = 0.05, double floor = 0)
    {
        float[] center = Models.Normals(RandomKey.FromSeed(78), dimension, 0.3f);
        float[] lower = [.. center.Select((_, i) => -0.5f - (0.01f * (i % 7)))];
        float[] upper = [.. center.Select((_, i) => 0.5f + (0.02f * (i % 5)))];
        for (int i = 0; i < dimension; i++)
        {
            center[i] = i % 4 == 3 ? lower[i] : i % 9 == 8 ? upper[i] : Math.Clamp(center[i], lower[i], upper[i]);
        }

        return new KnownTerm(floor, weight, norm, center, lower, upper);
    }

    /// <summary>The bent function at the box's point nearest to θ.</summary>
    public double Queried(ReadOnlySpan<float> theta)
    {
        double sum = height;
        for (int i = 0; i < theta.Length; i++)
        {
            double x = Inside(theta, i) / unit;
            sum += (_slope[i] * x) + (0.5 * Bend(i) * x * x);
        }

        return lossScale * sum;
    }

    /// <summary>The bent function's gradient at θ.</summary>
    public void Gradient(ReadOnlySpan<float> theta, Span<float> gradient)
    {
        for (int i = 0; i < theta.Length; i++)
        {
            gradient[i] = (float)(lossScale / unit * (_slope[i] + (Bend(i) * theta[i] / unit)));
        }
    }

    /// <summary>The whole objective at the box's point nearest to θ.</summary>
    public double Loss(ReadOnlySpan<float> theta)
    {
        double queried = Queried(theta);
        if (known is null)
        {
            return queried;
        }

        double sum = 0;
        for (int i = 0; i < theta.Length; i++)
        {
            double change = Math.Abs(Inside(theta, i) - known.Center.Span[i]);
            sum = known.Norm switch
            {
                DistortionNorm.L1 => sum + change,
                DistortionNorm.L2 => sum + (change * change),
                _ => Math.Max(sum, change),
            };
        }

        return Math.Max(queried, known.Floor) + (known.Weight * (known.Norm == DistortionNorm.L2 ? Math.Sqrt(sum) : sum));
    }

    /// <summary>Exact answers at θ and at θ + μu for rows u.</summary>
    public Evaluation[] Answer(float[] theta, ReadOnlySpan<float> directions, float smoothing)
    {
        var answers = new Evaluation[(directions.Length / dimension) + 1];
        float[] point = [.. theta];
        for (int row = 0; row < answers.Length; row++)
        {
            for (int i = 0; i < dimension && row > 0; i++)
            {
                point[i] = MathF.FusedMultiplyAdd(smoothing, directions[((row - 1) * dimension) + i], theta[i]);
            }

            answers[row] = new Evaluation(Loss(point), Queried(point), false);
        }

        return answers;
    }

    public void Initialize(RandomKey key, Span<float> theta) => Models.Normals(key, dimension, 0.2f * unit).CopyTo(theta);

    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        for (int i = 0; i < theta.Length; i++)
        {
            input[i] = (float)Inside(theta, i);
        }
    }

    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => new(Loss(input), Queried(input), false);

    private static double Bend(int i) => 0.5 + (i % 10 / 10.0);

    private double Inside(ReadOnlySpan<float> theta, int i) =>
        known is null ? theta[i] : Math.Clamp(theta[i], known.Lower.Span[i], known.Upper.Span[i]);
}

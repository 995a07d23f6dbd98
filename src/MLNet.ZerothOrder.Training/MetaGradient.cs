namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Writes a supplied gradient of a problem's queried part (<see cref="Evaluation.Queried"/>) at θ, d floats. It is called from several
/// threads at the same time, for problems that run in parallel.
/// </summary>
public delegate void GradientFunction(TrainingProblem problem, ReadOnlySpan<float> theta, Span<float> gradient);

/// <summary>The source of ∇f(θ_t), the error signal of the meta-objective (Eq. 4).</summary>
public sealed record MetaGradient
{
    private MetaGradient()
    {
    }

    /// <summary>The number N of random directions; 0 for the other two sources.</summary>
    public int Count { get; private init; }

    /// <summary>The function that supplies the gradient; null for the other two sources.</summary>
    public GradientFunction? Given { get; private init; }

    /// <summary>Central differences along every coordinate (Eq. 5): 2d queries, exact up to μ².</summary>
    public static MetaGradient Coordinatewise { get; } = new();

    /// <summary>
    /// M + (1/N) Σ (s − v·M) v over N random directions v ~ N(0, I) with slopes s = [f(θ + μv) − f(θ)]/μ: N queries, unbiased. M is a running estimate
    /// from the problem's earlier answers, which only lowers the noise.
    /// </summary>
    public static MetaGradient Directions(int count) =>
        new() { Count = count >= 1 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "There is at least 1 direction.") };

    /// <summary>A supplied gradient, such as automatic differentiation of a copy of the target.</summary>
    public static MetaGradient Supplied(GradientFunction gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        return new() { Given = gradient };
    }

    /// <summary>The queries per step for a problem of d coordinates.</summary>
    public int Rows(int dimension) => Given is not null ? 0 : Count > 0 ? Count : 2 * dimension;

    /// <summary>Parses <c>coordinatewise</c> or <c>directions:N</c>.</summary>
    /// <exception cref="InputException">The text is neither of the two.</exception>
    public static MetaGradient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string directions = "directions:";
        if (text == "coordinatewise")
        {
            return Coordinatewise;
        }

        return text.StartsWith(directions, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(directions.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int count)
            && count is >= 1 and <= 1_000_000
            ? Directions(count) : throw new InputException($"The meta-gradient '{text}' is not known; give coordinatewise or directions:N, such as directions:64.");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Given is not null ? "supplied" : Count > 0 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"directions:{Count}") : "coordinatewise";
}

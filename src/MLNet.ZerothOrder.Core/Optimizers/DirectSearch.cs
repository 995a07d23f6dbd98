using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Random direct search, for losses without usable slopes and for small budgets. θ moves to the best queried point if that is better
/// than θ; otherwise it stays. Points come in opposite pairs θ ± μru, u ~ N(0, I). The radius r grows a little after every
/// success and shrinks after every failed pair. When r falls below its limit it is reset, and the limit is lowered.
/// Only comparisons of losses are used, so the scale of the loss does not matter.
/// </summary>
/// <remarks>
/// With one direction, the points of a pair are tried one after the other. If the loss of θ is known, a step then costs one evaluation.
/// State: the last direction, d floats; r; the current limit of r; whether the opposite of the last direction is next.
/// </remarks>
public sealed class DirectSearch : IZerothOrderOptimizer
{
    private const float FirstRadius = 3;
    private const float LargestRadius = 6;
    private const float FirstSmallest = 0.4f;
    private const float SmallestOfAll = 1e-3f;
    private const float Growth = 1.2f;
    private const float Shrinkage = 0.75f;
    private const float MostChanges = 0.4f;
    private const int Scalars = 3;

    private readonly int[] _choices;
    private readonly double _change;

    /// <param name="directions">q, the points queried besides θ: the evaluations that can run in parallel (default: 1).</param>
    /// <param name="choices">
    /// For each coordinate, the number of equal cells of [0, 1] that it chooses among, or 0 for a continuous coordinate; null if all
    /// are continuous. The cells of a choice have no order: sometimes a choice is redrawn at random.
    /// </param>
    public DirectSearch(int directions = 1, IReadOnlyList<int>? choices = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(directions);
        Directions = directions;
        _choices = [.. choices ?? []];
        _change = Math.Min(MostChanges, 1.0 / Math.Max(1, _choices.Count(count => count > 1)));
    }

    /// <inheritdoc/>
    public string Name => "direct-search";

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing => null;

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(dimension + Scalars);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        if (_choices.Length > 0 && _choices.Length != d)
        {
            throw new InputException($"Direct search has the choices of {_choices.Length} coordinates, but the problem has {d}; give one number per coordinate that is not fixed.");
        }

        Span<float> last = state[..d];
        float radius = state[d] > 0 ? state[d] : FirstRadius;
        bool isOpposite = state[d + 2] > 0;
        for (int row = 0; row < Directions; row++)
        {
            Span<float> direction = directions.Slice(row * d, d);
            if (row % 2 == 1 || isOpposite)
            {
                Turn(row == 0 ? last : directions.Slice((row - 1) * d, d), direction);
            }
            else
            {
                Draw(step.Key.Derive((ulong)row), theta, radius, step.Smoothing, direction);
            }

            isOpposite = false;
        }

        directions[..d].CopyTo(last);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        ref float radius = ref state[d];
        ref float smallest = ref state[d + 1];
        ref float opposite = ref state[d + 2];
        if (radius == 0)
        {
            radius = FirstRadius;
            smallest = FirstSmallest;
        }

        int best = 0;
        for (int i = 1; i < answers.Length; i++)
        {
            best = answers[i].Loss < answers[best].Loss ? i : best;
        }

        if (best > 0)
        {
            // The same rounding as the queried point, to the last bit.
            SimdKernels.ScaledAdd(theta, step.Smoothing, directions.Slice((best - 1) * d, d), theta);
            radius = Math.Min(LargestRadius, radius * Growth);
            opposite = 0;
        }
        else if (Directions == 1 && opposite == 0)
        {
            opposite = 1;
        }
        else
        {
            opposite = 0;
            radius *= Shrinkage;
            if (radius < smallest)
            {
                radius = FirstRadius;
                smallest = Math.Max(SmallestOfAll, smallest / 4);
            }
        }
    }

    private int Choices(int coordinate) => _choices.Length > 0 ? _choices[coordinate] : 0;

    private void Draw(RandomKey key, ReadOnlySpan<float> theta, float radius, float smoothing, Span<float> direction)
    {
        CounterRandom.Normals(key, direction);
        bool moves = false;
        for (int i = 0; i < direction.Length; i++)
        {
            RandomKey own = key.Derive((ulong)i);
            if (Choices(i) == 0)
            {
                direction[i] *= radius;
                moves = true;
            }
            else if (CounterRandom.Uniform(own) < _change)
            {
                direction[i] = Change(own, theta[i], Choices(i), smoothing);
                moves |= direction[i] != 0;
            }
            else
            {
                direction[i] = 0;
            }
        }

        if (!moves)
        {
            int i = CounterRandom.Index(key, direction.Length);
            direction[i] = Change(key.Derive((ulong)i), theta[i], Choices(i), smoothing);
        }
    }

    // Moves a choice to the center of another cell.
    private static float Change(RandomKey key, float theta, int count, float smoothing)
    {
        if (count < 2)
        {
            return 0;
        }

        int from = Math.Clamp((int)(theta * count), 0, count - 1);
        int to = (from + 1 + CounterRandom.Index(key, count - 1)) % count;
        return (float)((((to + 0.5) / count) - theta) / smoothing);
    }

    // A choice has no opposite and stays.
    private void Turn(ReadOnlySpan<float> direction, Span<float> opposite)
    {
        for (int i = 0; i < opposite.Length; i++)
        {
            opposite[i] = Choices(i) == 0 ? -direction[i] : 0;
        }
    }
}

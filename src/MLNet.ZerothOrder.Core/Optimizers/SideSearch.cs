using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// A search beside the iterate θ, for an attack in ℓ1 that has succeeded and whose loss falls no more: θ returns to its best point and stays there, half of its changed pixels return to x0 in a copy,
/// and the steps continue from the copy, with the estimate of the best point. One query a step asks the copy itself. If its loss falls below that of θ, it becomes θ; after some steps
/// without that, another half is chosen. So θ leaves a local minimum and its loss never rises for it.
/// </summary>
/// <param name="state">The state, <see cref="StateLength"/> floats.</param>
/// <param name="d">The number of coordinates.</param>
internal readonly ref struct SideSearch(Span<float> state, int d)
{
    /// <summary>The fewest directions of a step that leave one for the copy.</summary>
    public const int FewestDirections = 8;

    /// <summary>The steps from a copy before another one is tried.</summary>
    public const int Steps = 20;

    /// <summary>The steps that θ waits for a clearly lower loss.</summary>
    public const int Patience = 8;

    private const ulong Stream = 0x61736964;
    private const int Best = 0, BestQueried = 1, Level = 2, Since = 3, Age = 4, Scalars = 5;

    // A clearly lower loss is lower by this share.
    private const float Clear = 0.01f;
    private const float Share = 0.5f;

    private readonly Span<float> _own = state[..Scalars];

    /// <summary>The copy while the search runs; else the best θ so far, d floats.</summary>
    public Span<float> Point { get; } = state.Slice(Scalars, d);

    /// <summary>The estimate of the gradient at the best θ, d floats.</summary>
    public Span<float> Estimate { get; } = state.Slice(Scalars + d, d);

    /// <summary>Whether the search runs. The first direction of a step then leads to the copy, and the others start there.</summary>
    public bool Runs => _own[Age] > 0;

    /// <summary>m at the best θ.</summary>
    public float Queried => _own[BestQueried];

    /// <summary>The length of the state.</summary>
    public static int StateLength(int dimension) => checked(Scalars + (2 * dimension));

    /// <summary>Whether an attack can be searched for: it minimizes the ℓ1 norm, and there are enough directions.</summary>
    public static bool Applies(in OptimizerStep step, int directions) =>
        directions >= FewestDirections && ResetTrials.Applies(step) && ImageSampler.Shape(step.Objective) is not null;

    /// <summary>Writes the direction to the copy in front of the directions from there, and makes all of them start at θ.</summary>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="directions">A row to write, and rows of directions.</param>
    public void Shift(ReadOnlySpan<float> theta, float smoothing, Span<float> directions)
    {
        Span<float> first = directions[..theta.Length];
        TensorPrimitives.Subtract(Point, theta, first);
        TensorPrimitives.Multiply(first, 1 / smoothing, first);
        for (int at = first.Length; at < directions.Length; at += first.Length)
        {
            Span<float> row = directions.Slice(at, first.Length);
            TensorPrimitives.Add(row, first, row);
        }
    }

    /// <summary>The opposite of <see cref="Shift"/>. The copy becomes the point that was queried.</summary>
    /// <param name="known">The part with the box.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="directions">The rows of a step.</param>
    /// <param name="rows">Receives the copy, then the directions from there.</param>
    public void Unshift(KnownTerm known, ReadOnlySpan<float> theta, float smoothing, ReadOnlySpan<float> directions, Span<float> rows)
    {
        ReadOnlySpan<float> first = directions[..theta.Length];
        SimdKernels.ScaledAdd(theta, smoothing, first, Point);
        SimdKernels.Clip(Point, known.Lower.Span, known.Upper.Span, Point);
        Point.CopyTo(rows);
        for (int at = first.Length; at < directions.Length; at += first.Length)
        {
            TensorPrimitives.Subtract(directions.Slice(at, first.Length), first, rows.Slice(at, first.Length));
        }
    }

    /// <summary>Notes a step from the copy.</summary>
    /// <returns>Whether another copy is due.</returns>
    public bool Continue() => ++_own[Age] > Steps;

    /// <summary>Notes the loss of a point, which becomes the best θ if the loss is the lowest one. A search ends with this.</summary>
    /// <param name="step">The step.</param>
    /// <param name="point">θ, d floats.</param>
    /// <param name="answer">Its answer.</param>
    /// <returns>Whether it is the best one.</returns>
    public bool Note(in OptimizerStep step, ReadOnlySpan<float> point, in Evaluation answer)
    {
        _own[Age] = 0;
        bool isFirst = _own[Since] == 0;
        if (!isFirst && !(answer.Loss < _own[Best]))
        {
            return false;
        }

        point.CopyTo(Point);
        (_own[Best], _own[BestQueried]) = ((float)answer.Loss, (float)answer.Queried);
        if (isFirst || _own[Best] < _own[Level] - (Clear * Math.Abs(_own[Level])))
        {
            (_own[Level], _own[Since]) = (_own[Best], step.Number);
        }

        return true;
    }

    /// <summary>Whether the loss has not become clearly lower for some steps.</summary>
    public bool IsStuck(in OptimizerStep step) => step.Number - _own[Since] >= Patience;

    /// <summary>Begins a search: half of the changed pixels of θ return to x0, and a proximal step of the others makes up for them.</summary>
    /// <param name="step">The step.</param>
    /// <param name="known">The known part.</param>
    /// <param name="theta">θ, the best point, d floats.</param>
    /// <param name="gradient">The slopes that steps count on at θ, d floats.</param>
    /// <param name="margin">How far below the floor the steps aim.</param>
    /// <param name="rate">η of every coordinate.</param>
    public void Begin(in OptimizerStep step, KnownTerm known, ReadOnlySpan<float> theta, ReadOnlySpan<float> gradient, double margin, float rate)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(2 * theta.Length);
        Span<float> rates = rented.AsSpan(0, theta.Length), drawn = rented.AsSpan(theta.Length, theta.Length);
        theta.CopyTo(Point);
        rates.Fill(rate);
        CounterRandom.Uniforms(step.Key.Derive(Stream), drawn);
        ResetTrials.Reset(drawn, Share, known.Center.Span, Point, rates);
        TensorPrimitives.Subtract(Point, theta, drawn);
        ProximalStep.Apply(known, Queried + SimdKernels.Dot(gradient, drawn) + margin, gradient, rates, Point);
        ArrayPool<float>.Shared.Return(rented);
        _own[Age] = 1;
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// A method that uses labels only and follows the boundary from an adversarial image. An untargeted attack asks random images until one is of another class, and blends it with the original
/// until a thousandth of the way is left. An attack with a start (<see cref="AttackObjective.Start"/>) asks that image, and begins there.
/// </summary>
/// <remarks>The state begins with doubles: the phase, the two ends of a bisection, and those of the method. θ is the change of the last adversarial point that the method chose.</remarks>
/// <param name="name">The name in the literature.</param>
/// <param name="scalars">The doubles of the state.</param>
/// <param name="vectors">The vectors of the state, d floats each.</param>
/// <param name="mostPoints">The most points of a step.</param>
internal abstract class LabelMethod(string name, int scalars, int vectors, int mostPoints = 1) : AttackMethod(name, mostPoints)
{
    /// <summary>The phase: 0 and 1 for the start, <see cref="FirstPhase"/> and more for the method.</summary>
    protected const int PhaseAt = 0;

    /// <summary>The end of a bisection that is not adversarial.</summary>
    protected const int LowAt = 1;

    /// <summary>The end of a bisection that is adversarial.</summary>
    protected const int HighAt = 2;

    /// <summary>The first double of the method.</summary>
    protected const int FirstScalar = 3;

    /// <summary>The method's first phase.</summary>
    protected const int FirstPhase = 2;

    private const int Blending = 1;
    private const double BlendTolerance = 1e-3;

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(ScalarLength + (vectors * dimension));

    /// <summary>The floats of state in front of the vectors.</summary>
    protected int ScalarLength => scalars * sizeof(double) / sizeof(float);

    /// <inheritdoc/>
    public sealed override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        AttackObjective attacked = Attacked(step);
        Span<double> values = Scalars(state);
        if (values[PhaseAt] >= FirstPhase)
        {
            AskNext(step, attacked, theta, state, directions);
        }
        else if (values[PhaseAt] == Blending)
        {
            Scale(theta, (values[LowAt] + values[HighAt]) / 2, directions);
        }
        else
        {
            if (attacked.Start.IsEmpty)
            {
                CounterRandom.Uniforms(step.Key, directions);
            }
            else
            {
                attacked.Start.Span.CopyTo(directions);
            }

            SimdKernels.Axpy(-1, attacked.Image, directions);
        }
    }

    /// <inheritdoc/>
    public sealed override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        AttackObjective attacked = Attacked(step);
        Span<double> values = Scalars(state);
        bool isAdversarial = answers[0].Queried < 0;
        if (values[PhaseAt] >= FirstPhase)
        {
            TellNext(attacked, directions, answers, theta, state);
        }
        else if (values[PhaseAt] == Blending)
        {
            values[isAdversarial ? HighAt : LowAt] = (values[LowAt] + values[HighAt]) / 2;
            if (values[HighAt] - values[LowAt] < BlendTolerance)
            {
                Scale(theta, values[HighAt], theta);
                Begin(attacked, theta, state);
            }
        }
        else if (isAdversarial)
        {
            directions.CopyTo(theta);
            if (attacked.Start.IsEmpty)
            {
                (values[PhaseAt], values[LowAt], values[HighAt]) = (Blending, 0, 1);
            }
            else
            {
                Begin(attacked, theta, state);
            }
        }
    }

    /// <summary>Starts the method's first phase at an adversarial θ.</summary>
    protected abstract void Begin(AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state);

    /// <summary>As <see cref="Ask"/>, after the start.</summary>
    protected abstract void AskNext(in OptimizerStep step, AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions);

    /// <summary>As <see cref="Tell"/>, after the start.</summary>
    protected abstract void TellNext(AttackObjective attacked, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);

    /// <summary>The doubles of the state.</summary>
    protected Span<double> Scalars(Span<float> state) => MemoryMarshal.Cast<float, double>(state[..ScalarLength]);

    /// <summary>A vector of the state.</summary>
    protected Span<float> Vector(Span<float> state, int dimension, int index) => state.Slice(ScalarLength + (index * dimension), dimension);

    /// <summary>A multiple of a vector; the destination may be the vector.</summary>
    protected static void Scale(ReadOnlySpan<float> vector, double factor, Span<float> destination)
    {
        float size = (float)factor;
        for (int i = 0; i < vector.Length; i++)
        {
            destination[i] = vector[i] * size;
        }
    }

    /// <summary>Makes a vector one of length 1; one of length 0 stays.</summary>
    protected static void Normalize(Span<float> vector)
    {
        double length = Length(vector);
        for (int i = 0; i < vector.Length && length > 0; i++)
        {
            vector[i] = (float)(vector[i] / length);
        }
    }

    /// <summary>The ℓ2 length.</summary>
    protected static double Length(ReadOnlySpan<float> vector) => Math.Sqrt(SimdKernels.SumOfSquares(vector));

    /// <summary>Moves a change into the box of the image.</summary>
    protected static void Clip(ReadOnlySpan<float> image, Span<float> change)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(2 * change.Length);
        Span<float> lower = rented.AsSpan(0, change.Length), upper = rented.AsSpan(change.Length, change.Length);
        Box(image, lower, upper);
        SimdKernels.Clip(change, lower, upper, change);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>The smallest and the largest change of each pixel.</summary>
    protected static void Box(ReadOnlySpan<float> image, Span<float> lower, Span<float> upper)
    {
        for (int i = 0; i < image.Length; i++)
        {
            (lower[i], upper[i]) = (-image[i], 1 - image[i]);
        }
    }
}

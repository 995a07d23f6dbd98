using System.Buffers;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>What a <see cref="SpatialNetwork"/> sees of an attack before a step.</summary>
internal readonly ref struct SpatialView
{
    private readonly OptimizerStep _step;
    private readonly int _directions;
    private readonly ReadOnlySpan<float> _theta;
    private readonly ReadOnlySpan<float> _fast;
    private readonly ReadOnlySpan<float> _update;
    private readonly bool _solved;
    private readonly float _lambda;
    private readonly double _rms;

    /// <param name="step">The step.</param>
    /// <param name="directions">q.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="memory">G, d floats.</param>
    /// <param name="fast">A fast average of G, d floats.</param>
    /// <param name="update">The last Δθ, d floats.</param>
    /// <param name="solved">Whether a query has solved the problem.</param>
    /// <param name="lambda">The last step's λ.</param>
    public SpatialView(
        in OptimizerStep step, int directions, ReadOnlySpan<float> theta, ReadOnlySpan<float> memory, ReadOnlySpan<float> fast, ReadOnlySpan<float> update, bool solved, float lambda)
    {
        _step = step;
        _directions = directions;
        _theta = theta;
        Memory = memory;
        _fast = fast;
        _update = update;
        _solved = solved;
        _lambda = lambda;
        _rms = Math.Sqrt(SimdKernels.SumOfSquares(memory) / memory.Length);
        _rms = float.IsNormal((float)(1 / (_rms * _rms))) ? _rms : 0;
    }

    /// <summary>G, d floats.</summary>
    public ReadOnlySpan<float> Memory { get; }

    /// <summary>1/r; 0 while there is no estimate, or if it is outside the range of floats.</summary>
    public float ByMemory => _rms > 0 ? (float)(1 / _rms) : 0;

    /// <summary>Whether a network can see a step: the distortion of an image is minimised, and its box is known.</summary>
    public static bool CanSee(in OptimizerStep step) => step.Objective.Known is { Floor: > double.NegativeInfinity };

    /// <summary>Writes the maps and the scalars.</summary>
    /// <param name="shape">The size of the image.</param>
    /// <param name="planes">The layout of the maps.</param>
    /// <param name="maps">Receives the maps; borders are left as they are.</param>
    /// <param name="scalars">Receives the scalars.</param>
    public void Write(ImageShape shape, SpatialPlanes planes, Span<float> maps, Span<float> scalars)
    {
        KnownTerm known = _step.Objective.Known!;
        float[] rented = ArrayPool<float>.Shared.Rent(shape.Width + shape.Height);
        Span<float> window = rented.AsSpan(0, shape.Width + shape.Height);
        SpatialMaps.Window(shape, window);
        WidestLanes.Run(new SpatialMaps(
            shape, planes, _rms > 0 ? (float)(1 / (_rms * _rms)) : 0, Memory, _fast, ((AttackObjective)_step.Objective).Image, _theta, known.Lower.Span, known.Upper.Span, _update, window, maps));
        ArrayPool<float>.Shared.Return(rented);
        SpatialNetwork.Share(_step, _directions, _theta.Length, _rms, _solved, _lambda, scalars);
    }
}

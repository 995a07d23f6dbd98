using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// x ← clip(soft(θ − λp)), where soft moves a coordinate towards x0 by the pull, at most to x0, and the product with a gradient: the proximal step in ℓ1 for one λ, in one pass over
/// its seven rows. x has the bits of <see cref="SimdKernels.ScaledAdd"/>, <see cref="SimdKernels.SoftThreshold"/> and <see cref="SimdKernels.Clip"/>, the product those of <see cref="SimdKernels.Dot"/>.
/// </summary>
/// <param name="theta">θ, d floats.</param>
/// <param name="lambda">λ.</param>
/// <param name="push">p, d floats.</param>
/// <param name="pull">The pull, d floats.</param>
/// <param name="known">x0 and the box.</param>
/// <param name="gradient">The gradient, d floats.</param>
/// <param name="x">Receives x, d floats.</param>
/// <param name="product">Receives the product of x and the gradient.</param>
internal readonly ref struct SoftMove(
    ReadOnlySpan<float> theta, float lambda, ReadOnlySpan<float> push, ReadOnlySpan<float> pull, KnownTerm known, ReadOnlySpan<float> gradient, Span<float> x, ref double product) : ILanesKernel
{
    private readonly ReadOnlySpan<float> _theta = theta;
    private readonly float _lambda = lambda;
    private readonly ReadOnlySpan<float> _push = push;
    private readonly ReadOnlySpan<float> _pull = pull;
    private readonly ReadOnlySpan<float> _center = known.Center.Span;
    private readonly ReadOnlySpan<float> _lower = known.Lower.Span;
    private readonly ReadOnlySpan<float> _upper = known.Upper.Span;
    private readonly ReadOnlySpan<float> _gradient = gradient;
    private readonly Span<float> _x = x;
    private readonly ref double _product = ref product;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        const int columns = Reduction.Accumulators;
        nuint length = (nuint)_x.Length, whole = length - (length % columns);
        ref float theta = ref MemoryMarshal.GetReference(_theta);
        ref float push = ref MemoryMarshal.GetReference(_push);
        ref float pull = ref MemoryMarshal.GetReference(_pull);
        ref float center = ref MemoryMarshal.GetReference(_center);
        ref float lower = ref MemoryMarshal.GetReference(_lower);
        ref float upper = ref MemoryMarshal.GetReference(_upper);
        ref float gradient = ref MemoryMarshal.GetReference(_gradient);
        ref float x = ref MemoryMarshal.GetReference(_x);
        Span<float> endX = stackalloc float[columns], endGradient = stackalloc float[columns];
        if (whole < length)
        {
            for (nuint i = whole; i < length; i++)
            {
                At(ScalarLane.Broadcast(-_lambda), ref theta, ref push, ref pull, ref center, ref lower, ref upper, i).Store(ref x, i);
            }

            _x[(int)whole..].CopyTo(endX);
            _gradient[(int)whole..].CopyTo(endGradient);
        }

        // As in a Reduction, the remainder comes first. No call may follow, else the loop would keep the totals in memory.
        Vector256<double> total0 = default, total1 = default, total2 = default, total3 = default;
        Reduction.Add<ProductSum>(
            ref MemoryMarshal.GetReference(endX), ref MemoryMarshal.GetReference(endGradient), ref total0, ref total1, ref total2, ref total3);
        TLanes factor = TLanes.Broadcast(-_lambda);
        for (nuint i = 0; i < whole; i += columns)
        {
            for (nuint lane = 0; lane < columns; lane += (nuint)TLanes.Count)
            {
                At(factor, ref theta, ref push, ref pull, ref center, ref lower, ref upper, i + lane).Store(ref x, i + lane);
            }

            Reduction.Add<ProductSum>(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref gradient, i), ref total0, ref total1, ref total2, ref total3);
        }

        _product = Reduction.Combine<ProductSum>(total0, total1, total2, total3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes At<TLanes>(TLanes factor, ref float theta, ref float push, ref float pull, ref float center, ref float lower, ref float upper, nuint at)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes moved = ScaledAddMap.Apply(factor, TLanes.Load(in theta, at), TLanes.Load(in push, at), default);
        TLanes near = SoftThresholdMap.Apply(default, moved, TLanes.Load(in center, at), TLanes.Load(in pull, at));
        return BoxMap.Apply(default, near, TLanes.Load(in lower, at), TLanes.Load(in upper, at));
    }
}

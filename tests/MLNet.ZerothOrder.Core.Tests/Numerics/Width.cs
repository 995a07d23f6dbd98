using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests.Numerics;

/// <summary>Runs kernels on registers of one width, whatever this machine's own is.</summary>
internal abstract class Width(string name)
{
    public static IReadOnlyList<Width> All { get; } =
    [
        new WidthOf<ScalarLane>("one lane"),
        new WidthOf<Lanes128>("128 bits"),
        new WidthOf<Lanes256>("256 bits"),
        new WidthOf<Lanes512>("512 bits"),
    ];

    public abstract void Map<TMap>(
        float parameter, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, Span<float> destination)
        where TMap : struct, IMap;

    public abstract void Draw<TDistribution>(RandomKey key, uint start, Span<float> destination)
        where TDistribution : struct, IDistribution;

    public abstract void Run<TKernel>(TKernel kernel)
        where TKernel : struct, ILanesKernel, allows ref struct;

    public abstract void Run(PackedRnn rnn, ReadOnlySpan<float> inputs, float scale, Span<float> state, Span<float> output);

    public override string ToString() => name;
}

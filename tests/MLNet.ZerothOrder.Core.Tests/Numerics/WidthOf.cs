using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests.Numerics;

internal sealed class WidthOf<TLanes>(string name) : Width(name)
    where TLanes : struct, ILanes<TLanes>
{
    public override void Map<TMap>(
        float parameter, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, Span<float> destination) =>
        new MapKernel<TMap>(parameter, x, y, z, destination).Run<TLanes>();

    public override void Draw<TDistribution>(RandomKey key, uint start, Span<float> destination) =>
        new DrawKernel<TDistribution>(key, start, destination).Run<TLanes>();

    public override void Run<TKernel>(TKernel kernel) => kernel.Run<TLanes>();

    public override void Run(PackedRnn rnn, ReadOnlySpan<float> inputs, float scale, Span<float> state, Span<float> output) =>
        new RnnKernel(rnn, inputs, scale, state, output).Run<TLanes>();
}

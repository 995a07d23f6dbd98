using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>A batch of steps with native tensors over its memory. There is one binding per number of steps in use.</summary>
internal sealed class ComposedBatch : StepBatch
{
    private readonly ComposedOracle _owner;
    private readonly Binding?[] _bindings;
    private readonly AlignedArray<uint> _low;
    private readonly AlignedArray<uint> _high;
    private readonly AlignedArray<float> _normals;
    private readonly int _numbers;
    private bool _disposed;

    public ComposedBatch(ComposedOracle owner)
        : base(owner.Steps, owner.Oracle.InputLength, owner.Shape)
    {
        _owner = owner;
        _bindings = new Binding?[Capacity + 1];
        bool drawn = owner.Settings.DrawsInGraph;
        _numbers = checked(Shape.Drawn * Dimension);
        _low = new AlignedArray<uint>(drawn ? Capacity : 0);
        _high = new AlignedArray<uint>(drawn ? Capacity : 0);
        _normals = new AlignedArray<float>(drawn ? 0 : checked(Capacity * _numbers));
    }

    public override void Ask()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Count == 0)
        {
            return;
        }

        for (int place = 0; place < Count; place++)
        {
            if (_owner.Settings.DrawsInGraph)
            {
                ulong words = CounterRandom.NormalWords(Keys[place]);
                _low.Span[place] = (uint)words;
                _high.Span[place] = (uint)(words >> 32);
            }
            else
            {
                CounterRandom.Normals(Keys[place], _normals.Slice(place * _numbers, _numbers));
            }
        }

        // A model with a fixed number of rows gets the whole batch; unused rows are sent as they are.
        int sent = _owner.Oracle.Info.FixedRows is null ? Count : Capacity;
        _owner.Run(_bindings[sent] ??= Bind(sent), Count);
    }

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            foreach (Binding? binding in _bindings)
            {
                binding?.Dispose();
            }
        }

        base.Dispose();
    }

    private Binding Bind(int steps)
    {
        List<(string, OrtValue)> inputs =
        [
            Tensor(ComposedGraph.Theta, Thetas, steps, Dimension),
            Tensor(ComposedGraph.Image, Images, steps, Dimension),
            Tensor(ComposedGraph.Deviation, Deviations, steps, Dimension),
            Tensor(ComposedGraph.Smoothing, Smoothings, steps, 1),
            Tensor(ComposedGraph.Weight, Weights, steps, 1),
            Tensor(ComposedGraph.Pivot, Pivots, steps, 1),
        ];
        if (_owner.Settings.DrawsInGraph)
        {
            inputs.Add(Tensor(ComposedGraph.Low, _low.Memory, steps, 1));
            inputs.Add(Tensor(ComposedGraph.High, _high.Memory, steps, 1));
        }
        else
        {
            inputs.Add(Tensor(ComposedGraph.Normals, _normals.Memory, steps, _numbers));
        }

        if (Shape.Corrects)
        {
            inputs.Add(Tensor(ComposedGraph.Memory, Memories, steps, Dimension));
        }

        try
        {
            return new Binding(
                _owner.Session.Native,
                [.. inputs],
                [
                    Tensor(ComposedGraph.Losses, Losses, steps, Directions + 1),
                    Tensor(ComposedGraph.Margins, Margins, steps, Directions + 1),
                    Tensor(ComposedGraph.Estimate, Estimates, steps, Dimension),
                ]);
        }
        catch (OnnxRuntimeException e)
        {
            throw _owner.Oracle.Failed(steps * (Directions + 1), e);
        }
    }

    private (string Name, OrtValue Value) Tensor<T>(string name, Memory<T> memory, int steps, int width)
        where T : unmanaged =>
        (_owner.Prefix + name, OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, [steps, width]));
}

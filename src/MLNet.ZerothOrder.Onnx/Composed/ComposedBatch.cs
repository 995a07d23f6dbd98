using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>A batch of steps with native tensors over its memory. There is one binding per number of steps in use.</summary>
internal sealed class ComposedBatch : StepBatch
{
    private readonly ComposedOracle _owner;
    private readonly Binding?[] _bindings;
    private readonly uint[] _low;
    private readonly uint[] _high;
    private readonly float[] _normals;
    private readonly int _numbers;
    private bool _disposed;

    public ComposedBatch(ComposedOracle owner)
        : base(owner.Steps, owner.Oracle.InputLength, owner.Shape)
    {
        _owner = owner;
        _bindings = new Binding?[Capacity + 1];
        bool drawn = owner.Settings.DrawsInGraph;
        _numbers = checked(Shape.Drawn * Dimension);
        _low = GC.AllocateArray<uint>(drawn ? Capacity : 0, pinned: true);
        _high = GC.AllocateArray<uint>(drawn ? Capacity : 0, pinned: true);
        _normals = GC.AllocateArray<float>(drawn ? 0 : checked(Capacity * _numbers), pinned: true);
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
                _low[place] = (uint)words;
                _high[place] = (uint)(words >> 32);
            }
            else
            {
                CounterRandom.Normals(Keys[place], _normals.AsSpan(place * _numbers, _numbers));
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
            inputs.Add(Tensor<uint>(ComposedGraph.Low, _low, steps, 1));
            inputs.Add(Tensor<uint>(ComposedGraph.High, _high, steps, 1));
        }
        else
        {
            inputs.Add(Tensor<float>(ComposedGraph.Normals, _normals, steps, _numbers));
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

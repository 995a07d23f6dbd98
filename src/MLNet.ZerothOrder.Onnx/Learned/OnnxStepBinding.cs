using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Pinned memory for one problem's step, bound to a session once. Owns its native handles.</summary>
internal sealed class OnnxStepBinding : IDisposable
{
    private readonly List<OrtValue> _tensors = [];
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly float[] _gradient;
    private readonly float[] _state;
    private readonly float[] _scale;
    private readonly float[] _applied;
    private readonly float[] _update;
    private readonly float[] _deviation;
    private readonly float[] _newState;

    public OnnxStepBinding(InferenceSession session, int dimension, int width, bool hasQuery)
    {
        _session = session;
        _binding = session.CreateIoBinding();
        try
        {
            _gradient = Bind(StepGraph.Gradient, isInput: true, 1, dimension);
            _state = Bind(StepGraph.State, isInput: true, 1, dimension, width);
            _scale = Bind(StepGraph.Scale, isInput: true, 1);
            _applied = hasQuery ? Bind(StepGraph.AppliedUpdate, isInput: true, 1, dimension) : [];
            _update = Bind(StepGraph.Update, isInput: false, 1, dimension);
            _deviation = Bind(StepGraph.Deviation, isInput: false, 1, dimension);
            _newState = Bind(StepGraph.NewState, isInput: false, 1, dimension, width);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Run(
        RunOptions options,
        ReadOnlySpan<float> gradient,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation)
    {
        gradient.CopyTo(_gradient);
        state.CopyTo(_state);
        _scale[0] = scale;
        if (applied.IsEmpty)
        {
            // NaN: the step's own update.
            _applied.AsSpan().Fill(float.NaN);
        }
        else if (_applied.Length > 0)
        {
            applied.CopyTo(_applied);
        }

        _session.RunWithBinding(options, _binding);
        _newState.CopyTo(state);
        if (!update.IsEmpty)
        {
            _update.CopyTo(update);
        }

        if (!deviation.IsEmpty)
        {
            _deviation.CopyTo(deviation);
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        foreach (OrtValue tensor in _tensors)
        {
            tensor.Dispose();
        }
    }

    private float[] Bind(string name, bool isInput, params long[] dims)
    {
        int length = checked((int)dims.Aggregate((product, dim) => product * dim));
        float[] memory = GC.AllocateArray<float>(length, pinned: true);
        OrtValue tensor = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.AsMemory(), dims);
        _tensors.Add(tensor);
        if (isInput)
        {
            _binding.BindInput(name, tensor);
        }
        else
        {
            _binding.BindOutput(name, tensor);
        }

        return memory;
    }
}

using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The step of a learned optimizer on the widest registers of the machine, with the same bits on every width. It needs no native library and
/// does not allocate.
/// </summary>
/// <param name="model">The learned model, of the paper's kind or gated.</param>
public sealed class ManagedStep(LearnedModel model) : ILearnedStep
{
    private readonly PackedRnn _update = model.Kind is LearnedKind.Paper or LearnedKind.Gated
        ? model.Update.Packed
        : throw new ArgumentException($"The model is {model.Kind}; a {nameof(ManagedStep)} runs UpdateRNN and QueryRNN.", nameof(model));

    private readonly PackedRnn? _query = model.Query?.Packed;
    private readonly bool _gated = model.Kind == LearnedKind.Gated;

    /// <inheritdoc/>
    public bool HasQuery => _query is not null;

    /// <inheritdoc/>
    public int Inputs => _update.Inputs;

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_update.StateLength(dimension) + (_query?.StateLength(dimension) ?? 0));

    /// <inheritdoc/>
    public void Run(
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation)
    {
        int dimension = inputs.Length / Inputs;
        LearnedStepSpans.Check(dimension, applied, StateLength(dimension), state, update, deviation);
        int updateState = _update.StateLength(dimension);
        if (!update.IsEmpty && _gated)
        {
            float[] rentedOutputs = ArrayPool<float>.Shared.Rent(GatedStep.NetworkOutputs * dimension);
            Span<float> outputs = rentedOutputs.AsSpan(0, GatedStep.NetworkOutputs * dimension);
            WidestLanes.Run(new RnnKernel(_update, inputs, 1, state[..updateState], outputs));
            WidestLanes.Run(new GatedOutputs(inputs, outputs, scale, default, update));
            ArrayPool<float>.Shared.Return(rentedOutputs);
        }
        else if (!update.IsEmpty)
        {
            WidestLanes.Run(new RnnKernel(_update, inputs, scale, state[..updateState], update));
        }

        if (deviation.IsEmpty)
        {
            return;
        }

        if (_query is null)
        {
            deviation.Fill(1);
            return;
        }

        ReadOnlySpan<float> made = applied.IsEmpty ? update : applied;
        float[] rented = ArrayPool<float>.Shared.Rent(2 * dimension);
        Span<float> seen = rented.AsSpan(0, 2 * dimension);
        inputs[..dimension].CopyTo(seen);
        made.CopyTo(seen[dimension..]);
        if (_gated)
        {
            GatedStep.Normalize(seen[..dimension]);
            GatedStep.Normalize(seen[dimension..]);
        }

        WidestLanes.Run(new RnnKernel(_query, seen, 1, state[updateState..], deviation));
        ArrayPool<float>.Shared.Return(rented);
        WidestLanes.Run(new MapKernel<OffsetMagnitudeMap>(0, deviation, default, default, deviation));
        Rescale(deviation);
    }

    // Rescales to ‖σ‖₂ = √d, so that E‖u‖² stays d.
    private static void Rescale(Span<float> deviation)
    {
        double squares = SimdKernels.SumOfSquares(deviation);
        if (squares > 0)
        {
            TensorPrimitives.Multiply(deviation, (float)Math.Sqrt(deviation.Length / squares), deviation);
        }
        else if (squares == 0)
        {
            deviation.Fill(1);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One step of a coordinatewise RNN. A register holds one number of many coordinates. The state is therefore a structure of
/// arrays, in blocks of 16 coordinates: H × 16 floats of h, then H × 16 floats of c. The last block is padded with coordinates whose
/// inputs are 0. Blocks keep numbers that are read together close together in memory.
/// </summary>
/// <param name="rnn">The weights.</param>
/// <param name="inputs">I rows of d floats.</param>
/// <param name="scale">The factor of the outputs.</param>
/// <param name="state">(h, c) of all coordinates. Advanced in place.</param>
/// <param name="output">Receives K rows of d floats; may be the inputs if K ≤ I.</param>
internal readonly ref struct RnnKernel(PackedRnn rnn, ReadOnlySpan<float> inputs, float scale, Span<float> state, Span<float> output) : ILanesKernel
{
    /// <summary>The coordinates of a block.</summary>
    public const int Block = 16;

    private readonly PackedRnn _rnn = rnn;
    private readonly ReadOnlySpan<float> _inputs = inputs;
    private readonly float _scale = scale;
    private readonly Span<float> _state = state;
    private readonly Span<float> _output = output;

    /// <summary>The number of floats of state for H hidden units and d coordinates.</summary>
    public static int StateLength(int hidden, int dimension) => checked((dimension + Block - 1) / Block * Block * 2 * hidden);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        int outputs = _rnn.Outputs;
        int dimension = _output.Length / outputs;
        int blockState = 2 * _rnn.Hidden * Block;
        Span<float> hidden = stackalloc float[_rnn.Hidden * TLanes.Count];
        Span<float> x = stackalloc float[_rnn.Inputs * Block];
        Span<float> y = stackalloc float[outputs * Block];
        ref float state = ref MemoryMarshal.GetReference(_state);
        for (int start = 0; start < dimension; start += Block)
        {
            int count = Math.Min(Block, dimension - start);
            if (count < Block)
            {
                x.Clear();
            }

            for (int i = 0; i < _rnn.Inputs; i++)
            {
                _inputs.Slice((i * dimension) + start, count).CopyTo(x[(i * Block)..]);
            }

            for (nuint lane = 0; lane < Block; lane += (nuint)TLanes.Count)
            {
                Step<TLanes>(
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(x), lane),
                    ref Unsafe.Add(ref state, lane),
                    ref MemoryMarshal.GetReference(hidden),
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(y), lane));
            }

            for (int k = 0; k < outputs; k++)
            {
                y.Slice(k * Block, count).CopyTo(_output[((k * dimension) + start)..]);
            }

            state = ref Unsafe.Add(ref state, blockState);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step<TLanes>(ref float x, ref float state, ref float next, ref float output)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        nuint inputs = (nuint)_rnn.Inputs;
        ref float weight = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        for (nuint unit = 0; unit < units; unit++)
        {
            TLanes i = TLanes.Broadcast(weight);
            TLanes f = TLanes.Broadcast(Unsafe.Add(ref weight, 1));
            TLanes g = TLanes.Broadcast(Unsafe.Add(ref weight, 2));
            TLanes o = TLanes.Broadcast(Unsafe.Add(ref weight, 3));
            weight = ref Unsafe.Add(ref weight, 4);
            for (nuint k = 0; k < inputs; k++)
            {
                Add(ref weight, TLanes.Load(in x, k * Block), ref i, ref f, ref g, ref o);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            for (nuint k = 0; k < units; k++)
            {
                Add(ref weight, TLanes.Load(in state, k * Block), ref i, ref f, ref g, ref o);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            nuint place = (units + unit) * Block;
            TLanes cell = TLanes.Load(in state, place);
            TLanes hidden = LstmCell.Step(i, f, g, o, ref cell);
            cell.Store(ref state, place);
            hidden.Store(ref next, unit * (nuint)TLanes.Count);
        }

        TLanes scale = TLanes.Broadcast(_scale);
        ref float outputWeight = ref MemoryMarshal.GetArrayDataReference(_rnn.Output);
        ref float skipWeight = ref MemoryMarshal.GetArrayDataReference(_rnn.Skip);
        bool skip = _rnn.Skip.Length > 0;
        for (nuint k = 0; k < (nuint)_rnn.Outputs; k++)
        {
            TLanes sum = TLanes.Broadcast(_rnn.OutputBias[k]);
            for (nuint unit = 0; unit < units; unit++)
            {
                sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(outputWeight), TLanes.Load(in next, unit * (nuint)TLanes.Count), sum);
                outputWeight = ref Unsafe.Add(ref outputWeight, 1);
            }

            for (nuint i = 0; skip && i < inputs; i++)
            {
                sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(skipWeight), TLanes.Load(in x, i * Block), sum);
                skipWeight = ref Unsafe.Add(ref skipWeight, 1);
            }

            (sum * scale).Store(ref output, k * Block);
        }

        // The new h is stored last, because every unit reads the old h.
        for (nuint k = 0; k < units; k++)
        {
            TLanes.Load(in next, k * (nuint)TLanes.Count).Store(ref state, k * Block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes>(ref float weights, TLanes input, ref TLanes i, ref TLanes f, ref TLanes g, ref TLanes o)
        where TLanes : struct, ILanes<TLanes>
    {
        i = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weights), input, i);
        f = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weights, 1)), input, f);
        g = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weights, 2)), input, g);
        o = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weights, 3)), input, o);
    }
}

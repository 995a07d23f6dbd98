using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One step of a coordinatewise RNN of 1 or 2 inputs. A register holds one number of many coordinates, so that the state is a
/// structure of arrays, in blocks of 16 coordinates: H registers' worth of h, then H of c. The last block is filled up with
/// coordinates whose inputs are 0. (Blocks rather than whole arrays keep what is read together near together.)
/// </summary>
/// <param name="rnn">The weights.</param>
/// <param name="x">The first input, d floats.</param>
/// <param name="y">The second input, d floats; any length where there is none.</param>
/// <param name="scale">Multiplies the output.</param>
/// <param name="state">(h, c) of all coordinates; advanced.</param>
/// <param name="output">d floats to fill; may be one of the inputs.</param>
internal readonly ref struct RnnKernel(
    PackedRnn rnn, ReadOnlySpan<float> x, ReadOnlySpan<float> y, float scale, Span<float> state, Span<float> output) : ILanesKernel
{
    private const int Block = 16;

    private readonly PackedRnn _rnn = rnn;
    private readonly ReadOnlySpan<float> _x = x;
    private readonly ReadOnlySpan<float> _y = y;
    private readonly float _scale = scale;
    private readonly Span<float> _state = state;
    private readonly Span<float> _output = output;

    /// <summary>Floats of state for H hidden units and d coordinates.</summary>
    public static int StateLength(int hidden, int dimension) => checked((dimension + Block - 1) / Block * Block * 2 * hidden);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        int dimension = _output.Length;
        int blockState = 2 * _rnn.Hidden * Block;
        bool two = _rnn.Inputs == 2;
        Span<float> hidden = stackalloc float[_rnn.Hidden * TLanes.Count];
        Span<float> edge = stackalloc float[3 * Block];
        ref float state = ref MemoryMarshal.GetReference(_state);
        for (int start = 0; start < dimension; start += Block)
        {
            int count = Math.Min(Block, dimension - start);
            scoped Span<float> output = _output.Slice(start, count);
            scoped ReadOnlySpan<float> x = _x.Slice(start, count);
            scoped ReadOnlySpan<float> y = two ? _y.Slice(start, count) : x;
            if (count < Block)
            {
                edge.Clear();
                x.CopyTo(edge);
                y.CopyTo(edge[Block..]);
                x = edge[..Block];
                y = edge.Slice(Block, Block);
                output = edge.Slice(2 * Block, Block);
            }

            for (nuint lane = 0; lane < Block; lane += (nuint)TLanes.Count)
            {
                TLanes result = Step(
                    TLanes.Load(in MemoryMarshal.GetReference(x), lane),
                    TLanes.Load(in MemoryMarshal.GetReference(y), lane),
                    ref Unsafe.Add(ref state, lane),
                    hidden);
                result.Store(ref MemoryMarshal.GetReference(output), lane);
            }

            if (count < Block)
            {
                output[..count].CopyTo(_output[start..]);
            }

            state = ref Unsafe.Add(ref state, blockState);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TLanes Step<TLanes>(TLanes x, TLanes y, ref float state, Span<float> newHidden)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        bool two = _rnn.Inputs == 2;
        ref float weight = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        ref float outputWeight = ref MemoryMarshal.GetArrayDataReference(_rnn.Output);
        ref float next = ref MemoryMarshal.GetReference(newHidden);
        TLanes result = TLanes.Broadcast(_rnn.OutputBias);
        for (nuint unit = 0; unit < units; unit++)
        {
            TLanes i = TLanes.Broadcast(weight);
            TLanes f = TLanes.Broadcast(Unsafe.Add(ref weight, 1));
            TLanes g = TLanes.Broadcast(Unsafe.Add(ref weight, 2));
            TLanes o = TLanes.Broadcast(Unsafe.Add(ref weight, 3));
            weight = ref Unsafe.Add(ref weight, 4);
            Add(ref weight, x, ref i, ref f, ref g, ref o);
            weight = ref Unsafe.Add(ref weight, 4);
            if (two)
            {
                Add(ref weight, y, ref i, ref f, ref g, ref o);
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
            result = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref outputWeight, unit)), hidden, result);
        }

        // Only now: until here every unit read the old ones.
        for (nuint k = 0; k < units; k++)
        {
            TLanes.Load(in next, k * (nuint)TLanes.Count).Store(ref state, k * Block);
        }

        return result * TLanes.Broadcast(_scale);
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

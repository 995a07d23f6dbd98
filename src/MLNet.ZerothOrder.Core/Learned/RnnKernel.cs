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
        int inputs = _rnn.Inputs;
        int dimension = _output.Length / outputs;
        int blockState = 2 * _rnn.Hidden * Block;
        Span<float> sums = stackalloc float[8 * _rnn.Hidden * TLanes.Count];
        Span<float> x = stackalloc float[2 * inputs * Block];
        Span<float> y = stackalloc float[2 * outputs * Block];
        Span<float> idle = stackalloc float[blockState];
        ref float state = ref MemoryMarshal.GetReference(_state);
        for (int start = 0; start < dimension; start += 2 * Block)
        {
            // An odd number of blocks ends with one that nobody reads.
            bool isPair = dimension - start > Block;
            ref float other = ref isPair ? ref Unsafe.Add(ref state, blockState) : ref MemoryMarshal.GetReference(idle);
            if (dimension - start < 2 * Block)
            {
                x.Clear();
            }

            for (int half = 0, from = start; half < 2 && from < dimension; half++, from += Block)
            {
                int count = Math.Min(Block, dimension - from);
                for (int i = 0; i < inputs; i++)
                {
                    _inputs.Slice((i * dimension) + from, count).CopyTo(x[(((half * inputs) + i) * Block)..]);
                }
            }

            for (nuint lane = 0; lane < Block; lane += (nuint)TLanes.Count)
            {
                Step<TLanes>(
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(x), lane),
                    ref Unsafe.Add(ref state, lane),
                    ref Unsafe.Add(ref other, lane),
                    ref MemoryMarshal.GetReference(sums),
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(y), lane));
            }

            for (int half = 0, from = start; half < 2 && from < dimension; half++, from += Block)
            {
                int count = Math.Min(Block, dimension - from);
                for (int k = 0; k < outputs; k++)
                {
                    y.Slice(((half * outputs) + k) * Block, count).CopyTo(_output[((k * dimension) + from)..]);
                }
            }

            state = ref Unsafe.Add(ref state, isPair ? 2 * blockState : blockState);
        }
    }

    private void Step<TLanes>(ref float x, ref float state, ref float other, ref float sums, ref float output)
        where TLanes : struct, ILanes<TLanes>
    {
        Sum<TLanes>(ref x, ref state, ref other, ref sums);
        Move<TLanes>(ref state, ref sums);
        Move<TLanes>(ref other, ref Unsafe.Add(ref sums, 4 * TLanes.Count));
        Write<TLanes>(ref x, ref state, ref other, ref output);
    }

    // The sums of the gates of two blocks: a weight is loaded once for both, and their sums do not wait for each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum<TLanes>(ref float x, ref float state, ref float other, ref float sums)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        nuint inputs = (nuint)_rnn.Inputs;
        nuint count = (nuint)TLanes.Count;
        ref float otherX = ref Unsafe.Add(ref x, inputs * Block);
        ref float weight = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        for (nuint unit = 0; unit < units; unit++)
        {
            TLanes i = TLanes.Broadcast(weight), i2 = i;
            TLanes f = TLanes.Broadcast(Unsafe.Add(ref weight, 1)), f2 = f;
            TLanes g = TLanes.Broadcast(Unsafe.Add(ref weight, 2)), g2 = g;
            TLanes o = TLanes.Broadcast(Unsafe.Add(ref weight, 3)), o2 = o;
            weight = ref Unsafe.Add(ref weight, 4);
            for (nuint k = 0; k < inputs; k++)
            {
                TLanes first = TLanes.Load(in x, k * Block), second = TLanes.Load(in otherX, k * Block);
                Add(ref weight, first, second, ref i, ref i2);
                Add(ref Unsafe.Add(ref weight, 1), first, second, ref f, ref f2);
                Add(ref Unsafe.Add(ref weight, 2), first, second, ref g, ref g2);
                Add(ref Unsafe.Add(ref weight, 3), first, second, ref o, ref o2);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            for (nuint k = 0; k < units; k++)
            {
                TLanes first = TLanes.Load(in state, k * Block), second = TLanes.Load(in other, k * Block);
                Add(ref weight, first, second, ref i, ref i2);
                Add(ref Unsafe.Add(ref weight, 1), first, second, ref f, ref f2);
                Add(ref Unsafe.Add(ref weight, 2), first, second, ref g, ref g2);
                Add(ref Unsafe.Add(ref weight, 3), first, second, ref o, ref o2);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            i.Store(ref sums, 0);
            f.Store(ref sums, count);
            g.Store(ref sums, 2 * count);
            o.Store(ref sums, 3 * count);
            i2.Store(ref sums, 4 * count);
            f2.Store(ref sums, 5 * count);
            g2.Store(ref sums, 6 * count);
            o2.Store(ref sums, 7 * count);
            sums = ref Unsafe.Add(ref sums, 8 * count);
        }
    }

    // The new h and c of a block, when every sum has read the old h. In a loop of its own, the units do not wait for each other's divisions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Move<TLanes>(ref float state, ref float sums)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        nuint count = (nuint)TLanes.Count;
        for (nuint unit = 0; unit < units; unit++)
        {
            nuint place = (units + unit) * Block;
            TLanes cell = TLanes.Load(in state, place);
            TLanes hidden = LstmCell.Step(
                TLanes.Load(in sums, 0), TLanes.Load(in sums, count), TLanes.Load(in sums, 2 * count), TLanes.Load(in sums, 3 * count), ref cell);
            cell.Store(ref state, place);
            hidden.Store(ref state, unit * Block);
            sums = ref Unsafe.Add(ref sums, 8 * count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<TLanes>(ref float x, ref float state, ref float other, ref float output)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        nuint inputs = (nuint)_rnn.Inputs;
        nuint outputs = (nuint)_rnn.Outputs;
        TLanes scale = TLanes.Broadcast(_scale);
        ref float otherX = ref Unsafe.Add(ref x, inputs * Block);
        ref float outputWeight = ref MemoryMarshal.GetArrayDataReference(_rnn.Output);
        ref float skipWeight = ref MemoryMarshal.GetArrayDataReference(_rnn.Skip);
        bool skip = _rnn.Skip.Length > 0;
        for (nuint k = 0; k < outputs; k++)
        {
            TLanes sum = TLanes.Broadcast(_rnn.OutputBias[k]), sum2 = sum;
            for (nuint unit = 0; unit < units; unit++)
            {
                Add(ref outputWeight, TLanes.Load(in state, unit * Block), TLanes.Load(in other, unit * Block), ref sum, ref sum2);
                outputWeight = ref Unsafe.Add(ref outputWeight, 1);
            }

            for (nuint i = 0; skip && i < inputs; i++)
            {
                Add(ref skipWeight, TLanes.Load(in x, i * Block), TLanes.Load(in otherX, i * Block), ref sum, ref sum2);
                skipWeight = ref Unsafe.Add(ref skipWeight, 1);
            }

            (sum * scale).Store(ref output, k * Block);
            (sum2 * scale).Store(ref output, (outputs + k) * Block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes>(ref float weight, TLanes first, TLanes second, ref TLanes sum, ref TLanes sum2)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes factor = TLanes.Broadcast(weight);
        sum = TLanes.FusedMultiplyAdd(factor, first, sum);
        sum2 = TLanes.FusedMultiplyAdd(factor, second, sum2);
    }
}

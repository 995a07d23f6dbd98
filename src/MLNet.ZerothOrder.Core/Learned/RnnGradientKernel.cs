using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Backpropagation through T steps of a coordinatewise RNN. For each block of 16 coordinates it recomputes the steps and keeps
/// the gates, then goes back through them. The run itself therefore stores only the inputs and the first state, and
/// the numbers of a block stay in the cache. The gradient of a weight is summed in 16 lanes, whatever the width of the registers.
/// </summary>
/// <param name="rnn">The weights.</param>
/// <param name="steps">T, at least 1.</param>
/// <param name="inputs">T × I rows of d floats.</param>
/// <param name="state">(h, c) before the first step, in the layout of <see cref="RnnKernel"/>; not changed.</param>
/// <param name="outputGradient">∂L/∂output, T × K rows of d floats.</param>
/// <param name="inputGradient">Receives ∂L/∂input, T × I rows of d floats; empty if not needed.</param>
/// <param name="weightGradient">
/// ∂L/∂weight, 16 lanes for each weight; added to. First the gates' in <see cref="PackedRnn"/>'s order but with
/// <see cref="PaddedColumns"/> columns for a unit, then those of the output, the skip connection and the output's biases.
/// </param>
internal readonly ref struct RnnGradientKernel(
    PackedRnn rnn, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    : ILanesKernel
{
    private const int Block = RnnKernel.Block;

    private readonly PackedRnn _rnn = rnn;
    private readonly int _steps = steps;
    private readonly ReadOnlySpan<float> _inputs = inputs;
    private readonly ReadOnlySpan<float> _state = state;
    private readonly ReadOnlySpan<float> _outputGradient = outputGradient;
    private readonly Span<float> _inputGradient = inputGradient;
    private readonly Span<float> _weightGradient = weightGradient;

    /// <summary>The number of terms of a gate's sum, 1 + I + H, rounded up to pairs, because registers hold the sums of two columns at a time.</summary>
    public static int PaddedColumns(PackedRnn rnn) => (2 + rnn.Inputs + rnn.Hidden) / 2 * 2;

    /// <summary>The number of floats of <c>weightGradient</c>.</summary>
    public static int GradientLength(PackedRnn rnn) =>
        Block * ((4 * rnn.Hidden * PaddedColumns(rnn)) + rnn.Output.Length + rnn.Skip.Length + rnn.OutputBias.Length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        int hidden = _rnn.Hidden;
        int dimension = _outputGradient.Length / (_steps * _rnn.Outputs);
        var record = new Record(_rnn);
        int length = checked((_steps + 1) * record.Length);
        float[] rented = ArrayPool<float>.Shared.Rent(AlignedRows.Rent(length));
        Span<float> records = AlignedRows.Of(rented, length);
        for (int t = 0; t < _steps; t++)
        {
            records.Slice(t * record.Length, Block).Fill(1);
        }

        for (int start = 0; start < dimension; start += Block)
        {
            int count = Math.Min(Block, dimension - start);
            Gather(_inputs, _rnn.Inputs, dimension, start, count, records[record.Inputs..], record.Length);
            Gather(_outputGradient, _rnn.Outputs, dimension, start, count, records[record.OutputGradient..], record.Length);
            ReadOnlySpan<float> first = _state.Slice(start / Block * 2 * hidden * Block, 2 * hidden * Block);
            first[..(hidden * Block)].CopyTo(records[record.Hidden..]);
            first[(hidden * Block)..].CopyTo(records[record.Cell..]);
            for (nuint lane = 0; lane < Block; lane += (nuint)TLanes.Count)
            {
                ref float here = ref Unsafe.Add(ref MemoryMarshal.GetReference(records), lane);
                for (int t = 0; t < _steps; t++)
                {
                    Forward<TLanes>(record, ref Unsafe.Add(ref here, t * record.Length));
                }

                for (int t = _steps - 1; t >= 0; t--)
                {
                    Backward<TLanes>(record, ref Unsafe.Add(ref here, t * record.Length));
                }

                Accumulate<TLanes>(record, ref here, ref Unsafe.Add(ref MemoryMarshal.GetReference(_weightGradient), lane));
            }

            for (int row = 0; row < _inputGradient.Length / dimension; row++)
            {
                int place = (row / _rnn.Inputs * record.Length) + record.ColumnGradient + (row % _rnn.Inputs * Block);
                records.Slice(place, count).CopyTo(_inputGradient[((row * dimension) + start)..]);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // An incomplete last block is padded with coordinates whose inputs and gradients are 0, so they add nothing.
    private void Gather(ReadOnlySpan<float> rows, int width, int dimension, int start, int count, Span<float> records, int record)
    {
        for (int row = 0; row < _steps * width; row++)
        {
            Span<float> place = records.Slice((row / width * record) + (row % width * Block), Block);
            if (count < Block)
            {
                place.Clear();
            }

            rows.Slice((row * dimension) + start, count).CopyTo(place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<TLanes>(in Record record, ref float now)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint units = (nuint)_rnn.Hidden;
        nuint columns = (nuint)record.Columns;
        ref float cells = ref Unsafe.Add(ref now, record.Cell);
        ref float gates = ref Unsafe.Add(ref now, record.Gates);
        ref float squashes = ref Unsafe.Add(ref now, record.Squashed);
        ref float nextHidden = ref Unsafe.Add(ref now, record.Length + record.Hidden);
        ref float nextCells = ref Unsafe.Add(ref now, record.Length + record.Cell);
        ref float weight = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        for (nuint unit = 0; unit < units; unit++)
        {
            TLanes i = default;
            TLanes f = default;
            TLanes g = default;
            TLanes o = default;
            for (nuint k = 0; k < columns; k++)
            {
                TLanes value = TLanes.Load(in now, k * Block);
                i = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weight), value, i);
                f = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 1)), value, f);
                g = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 2)), value, g);
                o = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 3)), value, o);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            nuint place = unit * Block;
            TLanes cell = TLanes.Load(in cells, place);
            TLanes hidden = LstmCell.Step(ref i, ref f, ref g, ref o, ref cell, out TLanes squashed);
            i.Store(ref gates, 4 * place);
            f.Store(ref gates, (4 * place) + Block);
            g.Store(ref gates, (4 * place) + (2 * Block));
            o.Store(ref gates, (4 * place) + (3 * Block));
            squashed.Store(ref squashes, place);
            cell.Store(ref nextCells, place);
            hidden.Store(ref nextHidden, place);
        }
    }

    // Replaces the gates by the gradients of their sums.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward<TLanes>(in Record record, ref float now)
        where TLanes : struct, ILanes<TLanes>
    {
        int units = _rnn.Hidden;
        int inputs = _rnn.Inputs;
        int outputs = _rnn.Outputs;
        ref float cells = ref Unsafe.Add(ref now, record.Cell);
        ref float gates = ref Unsafe.Add(ref now, record.Gates);
        ref float squashes = ref Unsafe.Add(ref now, record.Squashed);
        ref float outputGradient = ref Unsafe.Add(ref now, record.OutputGradient);
        ref float cellGradient = ref Unsafe.Add(ref now, record.CellGradient);
        ref float columnGradient = ref Unsafe.Add(ref now, record.ColumnGradient);
        ref float nextHiddenGradient = ref Unsafe.Add(ref columnGradient, record.Length + (inputs * Block));
        ref float nextCellGradient = ref Unsafe.Add(ref cellGradient, record.Length);
        ref float output = ref MemoryMarshal.GetArrayDataReference(_rnn.Output);
        TLanes one = TLanes.Broadcast(1f);
        for (int unit = 0; unit < units; unit++)
        {
            nuint place = (nuint)(unit * Block);
            TLanes onHidden = TLanes.Load(in nextHiddenGradient, place);
            for (int k = 0; k < outputs; k++)
            {
                onHidden = TLanes.FusedMultiplyAdd(
                    TLanes.Broadcast(Unsafe.Add(ref output, (k * units) + unit)), TLanes.Load(in outputGradient, (nuint)(k * Block)), onHidden);
            }

            TLanes i = TLanes.Load(in gates, 4 * place);
            TLanes f = TLanes.Load(in gates, (4 * place) + Block);
            TLanes g = TLanes.Load(in gates, (4 * place) + (2 * Block));
            TLanes o = TLanes.Load(in gates, (4 * place) + (3 * Block));
            TLanes squashed = TLanes.Load(in squashes, place);
            TLanes onCell = TLanes.FusedMultiplyAdd(onHidden * o, one - (squashed * squashed), TLanes.Load(in nextCellGradient, place));
            (onCell * g * i * (one - i)).Store(ref gates, 4 * place);
            (onCell * TLanes.Load(in cells, place) * f * (one - f)).Store(ref gates, (4 * place) + Block);
            (onCell * i * (one - (g * g))).Store(ref gates, (4 * place) + (2 * Block));
            (onHidden * squashed * o * (one - o)).Store(ref gates, (4 * place) + (3 * Block));
            (onCell * f).Store(ref cellGradient, place);
        }

        // Two columns at a time; the last pair may overlap the one before.
        int last = inputs + units - 2;
        for (int column = _inputGradient.IsEmpty ? inputs : 0; column <= last + 1; column += 2)
        {
            int pair = Math.Min(column, last);
            ref float weight = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_rnn.Gates), 4 * (1 + pair));
            Transposed<TLanes>(ref weight, 4 * record.Columns, units, ref gates, ref Unsafe.Add(ref columnGradient, pair * Block));
        }

        for (int k = 0; k < inputs && _rnn.Skip.Length > 0; k++)
        {
            TLanes sum = TLanes.Load(in columnGradient, (nuint)(k * Block));
            for (int j = 0; j < outputs; j++)
            {
                sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(_rnn.Skip[(j * inputs) + k]), TLanes.Load(in outputGradient, (nuint)(j * Block)), sum);
            }

            sum.Store(ref columnGradient, (nuint)(k * Block));
        }
    }

    // Σ over units and gates of weight · gradient, for two neighbouring columns of the weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transposed<TLanes>(ref float weight, int stride, int units, ref float gates, ref float sums)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes even = default;
        TLanes odd = default;
        TLanes nextEven = default;
        TLanes nextOdd = default;
        for (int unit = 0; unit < units; unit++)
        {
            nuint place = (nuint)(4 * unit * Block);
            TLanes i = TLanes.Load(in gates, place);
            TLanes f = TLanes.Load(in gates, place + Block);
            TLanes g = TLanes.Load(in gates, place + (2 * Block));
            TLanes o = TLanes.Load(in gates, place + (3 * Block));
            even = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weight), i, even);
            odd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 1)), f, odd);
            even = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 2)), g, even);
            odd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 3)), o, odd);
            nextEven = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 4)), i, nextEven);
            nextOdd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 5)), f, nextOdd);
            nextEven = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 6)), g, nextEven);
            nextOdd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 7)), o, nextOdd);
            weight = ref Unsafe.Add(ref weight, stride);
        }

        (even + odd).Store(ref sums, 0);
        (nextEven + nextOdd).Store(ref sums, Block);
    }

    // Products of gradients and what was multiplied, summed over the steps in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Accumulate<TLanes>(in Record record, ref float here, ref float gradient)
        where TLanes : struct, ILanes<TLanes>
    {
        int units = _rnn.Hidden;
        int inputs = _rnn.Inputs;
        for (int unit = 0; unit < units; unit++)
        {
            ref float gates = ref Unsafe.Add(ref here, record.Gates + (4 * unit * Block));
            for (int column = 0; column < record.Columns; column += 2)
            {
                // The second column of the last pair may not exist; its sum is never read.
                Pair<TLanes>(ref gates, ref Unsafe.Add(ref here, column * Block), (nuint)record.Length, ref gradient);
                gradient = ref Unsafe.Add(ref gradient, 8 * Block);
            }
        }

        // The output reads h after the step.
        ref float outputs = ref Unsafe.Add(ref here, record.OutputGradient);
        Outer<TLanes>(record, ref outputs, ref Unsafe.Add(ref here, record.Length + record.Hidden), units, ref gradient);
        gradient = ref Unsafe.Add(ref gradient, _rnn.Output.Length * Block);
        if (_rnn.Skip.Length > 0)
        {
            Outer<TLanes>(record, ref outputs, ref Unsafe.Add(ref here, record.Inputs), inputs, ref gradient);
            gradient = ref Unsafe.Add(ref gradient, _rnn.Skip.Length * Block);
        }

        Outer<TLanes>(record, ref outputs, ref here, 1, ref gradient);
    }

    // gradient[column, gate] += Σ_t gate_t · value_t[column], for two columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Pair<TLanes>(ref float gates, ref float value, nuint record, ref float gradient)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes i = TLanes.Load(in gradient, 0);
        TLanes f = TLanes.Load(in gradient, Block);
        TLanes g = TLanes.Load(in gradient, 2 * Block);
        TLanes o = TLanes.Load(in gradient, 3 * Block);
        TLanes nextI = TLanes.Load(in gradient, 4 * Block);
        TLanes nextF = TLanes.Load(in gradient, 5 * Block);
        TLanes nextG = TLanes.Load(in gradient, 6 * Block);
        TLanes nextO = TLanes.Load(in gradient, 7 * Block);
        nuint end = (nuint)_steps * record;
        for (nuint t = 0; t < end; t += record)
        {
            TLanes left = TLanes.Load(in value, t);
            TLanes right = TLanes.Load(in value, t + Block);
            TLanes gate = TLanes.Load(in gates, t);
            i = TLanes.FusedMultiplyAdd(gate, left, i);
            nextI = TLanes.FusedMultiplyAdd(gate, right, nextI);
            gate = TLanes.Load(in gates, t + Block);
            f = TLanes.FusedMultiplyAdd(gate, left, f);
            nextF = TLanes.FusedMultiplyAdd(gate, right, nextF);
            gate = TLanes.Load(in gates, t + (2 * Block));
            g = TLanes.FusedMultiplyAdd(gate, left, g);
            nextG = TLanes.FusedMultiplyAdd(gate, right, nextG);
            gate = TLanes.Load(in gates, t + (3 * Block));
            o = TLanes.FusedMultiplyAdd(gate, left, o);
            nextO = TLanes.FusedMultiplyAdd(gate, right, nextO);
        }

        i.Store(ref gradient, 0);
        f.Store(ref gradient, Block);
        g.Store(ref gradient, 2 * Block);
        o.Store(ref gradient, 3 * Block);
        nextI.Store(ref gradient, 4 * Block);
        nextF.Store(ref gradient, 5 * Block);
        nextG.Store(ref gradient, 6 * Block);
        nextO.Store(ref gradient, 7 * Block);
    }

    // gradient[j, k] += Σ_t left_t[j] · right_t[k], for every output j.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Outer<TLanes>(in Record record, ref float left, ref float right, int rights, ref float gradient)
        where TLanes : struct, ILanes<TLanes>
    {
        nuint length = (nuint)record.Length;
        for (int j = 0; j < _rnn.Outputs; j++)
        {
            for (int k = 0; k < rights; k++)
            {
                nuint place = (nuint)(((j * rights) + k) * Block);
                TLanes sum = TLanes.Load(in gradient, place);
                for (nuint t = 0; t < (nuint)_steps; t++)
                {
                    sum = TLanes.FusedMultiplyAdd(
                        TLanes.Load(in left, (t * length) + (nuint)(j * Block)), TLanes.Load(in right, (t * length) + (nuint)(k * Block)), sum);
                }

                sum.Store(ref gradient, place);
            }
        }
    }

    /// <summary>
    /// The positions of a step's numbers in its record, in floats; all are rows of 16. A record starts with the columns of the step: 1 for the
    /// biases, the inputs, and h before the step. The new h and c are in the next record.
    /// </summary>
    private readonly struct Record
    {
        public Record(PackedRnn rnn)
        {
            Columns = 1 + rnn.Inputs + rnn.Hidden;
            int at = Block;
            Inputs = Take(rnn.Inputs, ref at);
            Hidden = Take(rnn.Hidden, ref at);
            Cell = Take(rnn.Hidden, ref at);
            Gates = Take(4 * rnn.Hidden, ref at);
            Squashed = Take(rnn.Hidden, ref at);
            OutputGradient = Take(rnn.Outputs, ref at);
            CellGradient = Take(rnn.Hidden, ref at);
            ColumnGradient = Take(rnn.Inputs + rnn.Hidden, ref at);

            // An odd number of rows, so that the same row of successive steps maps to different cache sets.
            Length = (at / Block % 2) == 0 ? at + Block : at;
        }

        /// <summary>1 + I + H.</summary>
        public int Columns { get; }

        public int Inputs { get; }

        public int Hidden { get; }

        public int Cell { get; }

        public int Gates { get; }

        /// <summary>tanh of the c that the step made.</summary>
        public int Squashed { get; }

        public int OutputGradient { get; }

        public int CellGradient { get; }

        /// <summary>The gradients of the inputs and of h.</summary>
        public int ColumnGradient { get; }

        public int Length { get; }

        private static int Take(int rows, ref int at)
        {
            int from = at;
            at += rows * Block;
            return from;
        }
    }
}

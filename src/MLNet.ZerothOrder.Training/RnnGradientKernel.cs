using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Backpropagation through T steps of a coordinatewise RNN. Block after block of 16 coordinates it computes the steps once more,
/// keeping the gates, then goes back through them; so nothing but the inputs and the first state is kept from the run itself, and
/// a block's numbers stay in the cache. A weight's gradient is summed in 16 lanes, whatever the registers' width.
/// </summary>
/// <param name="rnn">The weights.</param>
/// <param name="steps">T.</param>
/// <param name="inputs">T × I rows of d floats.</param>
/// <param name="state">(h, c) before the first step, as <see cref="RnnKernel"/> keeps them; not changed.</param>
/// <param name="outputGradient">∂L/∂output, T × K rows of d floats.</param>
/// <param name="inputGradient">∂L/∂input, T × I rows of d floats to fill; empty where it is not wanted.</param>
/// <param name="weightGradient">∂L/∂weight, 16 lanes for each weight in <see cref="PackedRnn"/>'s order (gates, output, skip, output bias); added to.</param>
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

    /// <summary>Floats of <c>weightGradient</c>.</summary>
    public static int GradientLength(PackedRnn rnn) => Block * (rnn.Gates.Length + rnn.Output.Length + rnn.Skip.Length + rnn.OutputBias.Length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        int hidden = _rnn.Hidden;
        int dimension = _outputGradient.Length / (_steps * _rnn.Outputs);
        var memory = new Memory(_rnn, _steps);
        float[] scratch = System.Buffers.ArrayPool<float>.Shared.Rent(memory.Length);
        scratch.AsSpan(0, memory.Length).Clear();
        for (int start = 0; start < dimension; start += Block)
        {
            int count = Math.Min(Block, dimension - start);
            Gather(_inputs, _steps * _rnn.Inputs, dimension, start, count, scratch.AsSpan(memory.Inputs));
            Gather(_outputGradient, _steps * _rnn.Outputs, dimension, start, count, scratch.AsSpan(memory.OutputGradient));

            // Row 0 of h and c is the state before the first step.
            ReadOnlySpan<float> first = _state.Slice(start / Block * 2 * hidden * Block, 2 * hidden * Block);
            first[..(hidden * Block)].CopyTo(scratch.AsSpan(memory.Hidden));
            first[(hidden * Block)..].CopyTo(scratch.AsSpan(memory.Cell));
            for (nuint lane = 0; lane < Block; lane += (nuint)TLanes.Count)
            {
                ref float here = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(scratch), lane);
                for (int t = 0; t < _steps; t++)
                {
                    Forward<TLanes>(memory, ref here, t);
                }

                Backward<TLanes>(memory, ref here);
                Accumulate<TLanes>(memory, ref here, ref Unsafe.Add(ref MemoryMarshal.GetReference(_weightGradient), lane));
            }

            if (!_inputGradient.IsEmpty)
            {
                for (int row = 0; row < _steps * _rnn.Inputs; row++)
                {
                    scratch.AsSpan(memory.InputGradient + (row * Block), count).CopyTo(_inputGradient[((row * dimension) + start)..]);
                }
            }
        }

        System.Buffers.ArrayPool<float>.Shared.Return(scratch);
    }

    // A last, incomplete block is filled up with coordinates whose inputs and gradients are 0: they add nothing.
    private static void Gather(ReadOnlySpan<float> rows, int count, int dimension, int start, int width, Span<float> block)
    {
        for (int row = 0; row < count; row++)
        {
            Span<float> place = block.Slice(row * Block, Block);
            if (width < Block)
            {
                place.Clear();
            }

            rows.Slice((row * dimension) + start, width).CopyTo(place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<TLanes>(in Memory memory, ref float here, int t)
        where TLanes : struct, ILanes<TLanes>
    {
        int units = _rnn.Hidden;
        int inputs = _rnn.Inputs;
        ref float x = ref Unsafe.Add(ref here, memory.Inputs + (t * inputs * Block));
        ref float h = ref Unsafe.Add(ref here, memory.Hidden + (t * units * Block));
        ref float c = ref Unsafe.Add(ref here, memory.Cell + (t * units * Block));
        ref float gates = ref Unsafe.Add(ref here, memory.Gates + (t * 4 * units * Block));
        ref float tanh = ref Unsafe.Add(ref here, memory.CellTanh + (t * units * Block));
        ref float weight = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        for (int unit = 0; unit < units; unit++)
        {
            TLanes i = TLanes.Broadcast(weight);
            TLanes f = TLanes.Broadcast(Unsafe.Add(ref weight, 1));
            TLanes g = TLanes.Broadcast(Unsafe.Add(ref weight, 2));
            TLanes o = TLanes.Broadcast(Unsafe.Add(ref weight, 3));
            weight = ref Unsafe.Add(ref weight, 4);
            for (int k = 0; k < inputs + units; k++)
            {
                TLanes value = k < inputs ? TLanes.Load(in x, (nuint)(k * Block)) : TLanes.Load(in h, (nuint)((k - inputs) * Block));
                i = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weight), value, i);
                f = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 1)), value, f);
                g = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 2)), value, g);
                o = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 3)), value, o);
                weight = ref Unsafe.Add(ref weight, 4);
            }

            i = LaneMath.Sigmoid(i);
            f = LaneMath.Sigmoid(f);
            g = LaneMath.Tanh(g);
            o = LaneMath.Sigmoid(o);
            TLanes cell = TLanes.FusedMultiplyAdd(f, TLanes.Load(in c, (nuint)(unit * Block)), i * g);
            TLanes squashed = LaneMath.Tanh(cell);
            nuint place = (nuint)(4 * unit * Block);
            i.Store(ref gates, place);
            f.Store(ref gates, place + Block);
            g.Store(ref gates, place + (2 * Block));
            o.Store(ref gates, place + (3 * Block));
            cell.Store(ref c, (nuint)((units + unit) * Block));
            squashed.Store(ref tanh, (nuint)(unit * Block));
            (o * squashed).Store(ref h, (nuint)((units + unit) * Block));
        }
    }

    // The gates are replaced by the gradients of their sums.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward<TLanes>(in Memory memory, ref float here)
        where TLanes : struct, ILanes<TLanes>
    {
        int units = _rnn.Hidden;
        int inputs = _rnn.Inputs;
        int outputs = _rnn.Outputs;
        int stride = 4 * (1 + inputs + units);
        bool skip = _rnn.Skip.Length > 0;
        ref float weights = ref MemoryMarshal.GetArrayDataReference(_rnn.Gates);
        ref float output = ref MemoryMarshal.GetArrayDataReference(_rnn.Output);
        ref float hiddenGradient = ref Unsafe.Add(ref here, memory.HiddenGradient);
        ref float cellGradient = ref Unsafe.Add(ref here, memory.CellGradient);
        for (int unit = 0; unit < units; unit++)
        {
            default(TLanes).Store(ref hiddenGradient, (nuint)(unit * Block));
            default(TLanes).Store(ref cellGradient, (nuint)(unit * Block));
        }

        TLanes one = TLanes.Broadcast(1f);
        for (int t = _steps - 1; t >= 0; t--)
        {
            ref float cell = ref Unsafe.Add(ref here, memory.Cell + (t * units * Block));
            ref float gates = ref Unsafe.Add(ref here, memory.Gates + (t * 4 * units * Block));
            ref float tanh = ref Unsafe.Add(ref here, memory.CellTanh + (t * units * Block));
            ref float dOutput = ref Unsafe.Add(ref here, memory.OutputGradient + (t * outputs * Block));
            for (int unit = 0; unit < units; unit++)
            {
                nuint place = (nuint)(unit * Block);
                TLanes dHidden = TLanes.Load(in hiddenGradient, place);
                for (int k = 0; k < outputs; k++)
                {
                    dHidden = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref output, (k * units) + unit)), TLanes.Load(in dOutput, (nuint)(k * Block)), dHidden);
                }

                TLanes i = TLanes.Load(in gates, 4 * place);
                TLanes f = TLanes.Load(in gates, (4 * place) + Block);
                TLanes g = TLanes.Load(in gates, (4 * place) + (2 * Block));
                TLanes o = TLanes.Load(in gates, (4 * place) + (3 * Block));
                TLanes squashed = TLanes.Load(in tanh, place);
                TLanes dCell = TLanes.FusedMultiplyAdd(dHidden * o, one - (squashed * squashed), TLanes.Load(in cellGradient, place));
                (dCell * g * i * (one - i)).Store(ref gates, 4 * place);
                (dCell * TLanes.Load(in cell, place) * f * (one - f)).Store(ref gates, (4 * place) + Block);
                (dCell * i * (one - (g * g))).Store(ref gates, (4 * place) + (2 * Block));
                (dHidden * squashed * o * (one - o)).Store(ref gates, (4 * place) + (3 * Block));
                (dCell * f).Store(ref cellGradient, place);
            }

            for (int k = 0; k < units; k++)
            {
                Transposed<TLanes>(ref weights, 4 * (1 + inputs + k), stride, units, ref gates).Store(ref hiddenGradient, (nuint)(k * Block));
            }

            if (_inputGradient.IsEmpty)
            {
                continue;
            }

            for (int k = 0; k < inputs; k++)
            {
                TLanes sum = Transposed<TLanes>(ref weights, 4 * (1 + k), stride, units, ref gates);
                for (int j = 0; skip && j < outputs; j++)
                {
                    sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(_rnn.Skip[(j * inputs) + k]), TLanes.Load(in dOutput, (nuint)(j * Block)), sum);
                }

                sum.Store(ref here, (nuint)(memory.InputGradient + (((t * inputs) + k) * Block)));
            }
        }
    }

    // Σ over units and gates of weight · gradient, for one column of the weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Transposed<TLanes>(ref float weights, int column, int stride, int units, ref float gates)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes even = default;
        TLanes odd = default;
        ref float weight = ref Unsafe.Add(ref weights, column);
        for (int unit = 0; unit < units; unit++)
        {
            nuint place = (nuint)(4 * unit * Block);
            even = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weight), TLanes.Load(in gates, place), even);
            odd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 1)), TLanes.Load(in gates, place + Block), odd);
            even = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 2)), TLanes.Load(in gates, place + (2 * Block)), even);
            odd = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weight, 3)), TLanes.Load(in gates, place + (3 * Block)), odd);
            weight = ref Unsafe.Add(ref weight, stride);
        }

        return even + odd;
    }

    // Products of gradients and what was multiplied, summed over the steps in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Accumulate<TLanes>(in Memory memory, ref float here, ref float gradient)
        where TLanes : struct, ILanes<TLanes>
    {
        int units = _rnn.Hidden;
        int inputs = _rnn.Inputs;
        int outputs = _rnn.Outputs;
        for (int unit = 0; unit < units; unit++)
        {
            ref float gates = ref Unsafe.Add(ref here, memory.Gates + (4 * unit * Block));
            for (int column = -1; column < inputs + units; column++)
            {
                TLanes i = TLanes.Load(in gradient, 0);
                TLanes f = TLanes.Load(in gradient, Block);
                TLanes g = TLanes.Load(in gradient, 2 * Block);
                TLanes o = TLanes.Load(in gradient, 3 * Block);
                int from = column < inputs ? memory.Inputs + (column * Block) : memory.Hidden + ((column - inputs) * Block);
                nuint step = (nuint)((column < inputs ? inputs : units) * Block);
                ref float value = ref Unsafe.Add(ref here, column < 0 ? 0 : from);
                for (nuint t = 0; t < (nuint)_steps; t++)
                {
                    TLanes factor = column < 0 ? TLanes.Broadcast(1f) : TLanes.Load(in value, t * step);
                    nuint place = t * (nuint)(4 * units * Block);
                    i = TLanes.FusedMultiplyAdd(TLanes.Load(in gates, place), factor, i);
                    f = TLanes.FusedMultiplyAdd(TLanes.Load(in gates, place + Block), factor, f);
                    g = TLanes.FusedMultiplyAdd(TLanes.Load(in gates, place + (2 * Block)), factor, g);
                    o = TLanes.FusedMultiplyAdd(TLanes.Load(in gates, place + (3 * Block)), factor, o);
                }

                i.Store(ref gradient, 0);
                f.Store(ref gradient, Block);
                g.Store(ref gradient, 2 * Block);
                o.Store(ref gradient, 3 * Block);
                gradient = ref Unsafe.Add(ref gradient, 4 * Block);
            }
        }

        // h after the step, not before it.
        Outer<TLanes>(ref here, memory.OutputGradient, outputs, memory.Hidden + (units * Block), units, ref gradient);
        gradient = ref Unsafe.Add(ref gradient, outputs * units * Block);
        if (_rnn.Skip.Length > 0)
        {
            Outer<TLanes>(ref here, memory.OutputGradient, outputs, memory.Inputs, inputs, ref gradient);
            gradient = ref Unsafe.Add(ref gradient, outputs * inputs * Block);
        }

        for (int k = 0; k < outputs; k++)
        {
            TLanes sum = TLanes.Load(in gradient, (nuint)(k * Block));
            for (int t = 0; t < _steps; t++)
            {
                sum += TLanes.Load(in here, (nuint)(memory.OutputGradient + (((t * outputs) + k) * Block)));
            }

            sum.Store(ref gradient, (nuint)(k * Block));
        }
    }

    // gradient[j, k] += Σ_t left_t[j] · right_t[k].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Outer<TLanes>(ref float here, int left, int lefts, int right, int rights, ref float gradient)
        where TLanes : struct, ILanes<TLanes>
    {
        for (int j = 0; j < lefts; j++)
        {
            for (int k = 0; k < rights; k++)
            {
                nuint place = (nuint)(((j * rights) + k) * Block);
                TLanes sum = TLanes.Load(in gradient, place);
                for (int t = 0; t < _steps; t++)
                {
                    sum = TLanes.FusedMultiplyAdd(
                        TLanes.Load(in here, (nuint)(left + (((t * lefts) + j) * Block))), TLanes.Load(in here, (nuint)(right + (((t * rights) + k) * Block))), sum);
                }

                sum.Store(ref gradient, place);
            }
        }
    }

    /// <summary>Where a block's numbers lie in the scratch memory, rows of 16.</summary>
    private readonly struct Memory
    {
        public Memory(PackedRnn rnn, int steps)
        {
            int at = 0;
            Inputs = Take(steps * rnn.Inputs, ref at);
            OutputGradient = Take(steps * rnn.Outputs, ref at);
            Hidden = Take((steps + 1) * rnn.Hidden, ref at);
            Cell = Take((steps + 1) * rnn.Hidden, ref at);
            CellTanh = Take(steps * rnn.Hidden, ref at);
            Gates = Take(steps * 4 * rnn.Hidden, ref at);
            HiddenGradient = Take(rnn.Hidden, ref at);
            CellGradient = Take(rnn.Hidden, ref at);
            InputGradient = Take(steps * rnn.Inputs, ref at);
            Length = at;
        }

        public int Inputs { get; }

        public int OutputGradient { get; }

        public int Hidden { get; }

        public int Cell { get; }

        public int CellTanh { get; }

        public int Gates { get; }

        public int HiddenGradient { get; }

        public int CellGradient { get; }

        public int InputGradient { get; }

        public int Length { get; }

        private static int Take(int rows, ref int at)
        {
            int from = at;
            at = checked(at + (rows * Block));
            return from;
        }
    }
}

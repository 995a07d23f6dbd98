using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// What learning QueryRNN keeps of a truncation, whatever its objective. A truncation of steps s + 1 … s + K needs the deviations of these
/// steps, which QueryRNN gave at the ends of the steps s … s + K − 1; step 1 samples with σ = 1. QueryRNN's own inputs are constants, and
/// ‖σ‖ = √d couples the coordinates.
/// </summary>
internal abstract class DeviationTape : Tape
{
    private readonly int _truncation;
    private readonly double _regularization;
    private readonly bool _normalized;
    private readonly float[] _deviation;
    private readonly float[] _queryInputs;
    private readonly float[] _queryStart;
    private readonly float[] _queryBefore;
    private readonly float[] _lastInputs;
    private readonly float[] _offsets;
    private readonly float[] _state;
    private int _runs;
    private bool _sampled;

    /// <param name="update">UpdateRNN, whose state lies before QueryRNN's.</param>
    /// <param name="query">QueryRNN.</param>
    /// <param name="dimension">d.</param>
    /// <param name="truncation">Steps of a truncation at most.</param>
    /// <param name="regularization">λ on the sum of the offsets' squares.</param>
    /// <param name="normalized">Whether QueryRNN sees its inputs divided by their root mean squares.</param>
    protected DeviationTape(RnnWeights update, RnnWeights query, int dimension, int truncation, double regularization, bool normalized)
    {
        Dimension = dimension;
        UpdateState = RnnKernel.StateLength(update.Hidden, dimension);
        _truncation = truncation;
        _regularization = regularization;
        _normalized = normalized;
        _deviation = new float[dimension];
        _offsets = new float[truncation * dimension];
        _queryInputs = new float[truncation * 2 * dimension];
        _lastInputs = new float[2 * dimension];
        _queryStart = new float[RnnKernel.StateLength(query.Hidden, dimension)];
        _queryBefore = new float[_queryStart.Length];
        _state = new float[_queryStart.Length];
    }

    /// <summary>d.</summary>
    protected int Dimension { get; }

    /// <summary>Floats of UpdateRNN's state.</summary>
    protected int UpdateState { get; }

    /// <summary>Steps of the truncation so far.</summary>
    protected int Steps { get; private set; }

    /// <summary>Steps of the truncation that sample with σ = 1 for want of a run before: 1 in the problem's first, else 0.</summary>
    protected int Plain { get; private set; }

    public override void Begin(ReadOnlySpan<float> state)
    {
        Steps = 0;
        _runs = 0;

        // The problem's first step has no run of its own.
        Plain = _sampled ? 0 : 1;

        // The run that gave the coming step's deviation belongs to this truncation.
        if (_sampled)
        {
            _queryBefore.CopyTo(_queryStart, 0);
            _lastInputs.CopyTo(_queryInputs, 0);
            _runs = 1;
        }
    }

    public override void Tell(
        IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = Dimension;
        LearnedOptimizer.Split(state, d, out Span<float> networks, out Span<float> gradient, out Span<float> update, out Span<float> deviation);
        deviation.CopyTo(_deviation);
        if (!_sampled)
        {
            _deviation.AsSpan().Fill(1);
        }

        networks[UpdateState..].CopyTo(_queryBefore);
        optimizer.Tell(step, directions, answers, theta, state);
        Record((LearnedOptimizer)optimizer, step, directions, answers, _deviation, state);
        gradient.CopyTo(_lastInputs);
        update.CopyTo(_lastInputs.AsSpan(d));
        if (_normalized)
        {
            GatedStep.Normalize(_lastInputs.AsSpan(0, d));
            GatedStep.Normalize(_lastInputs.AsSpan(d));
        }

        Steps++;
        if (!_sampled)
        {
            _queryBefore.CopyTo(_queryStart, 0);
            _sampled = true;
        }

        // What the last run gives, the next truncation uses.
        if (Steps < _truncation)
        {
            _lastInputs.CopyTo(_queryInputs, _runs * 2 * d);
            _runs++;
        }
    }

    /// <summary>Keeps what the objective needs of a step that was just made; <see cref="Steps"/> counts those before it.</summary>
    /// <param name="deviation">σ that QueryRNN gave the step, ones in the problem's first.</param>
    /// <param name="state">The optimizer's state after the step.</param>
    protected abstract void Record(
        LearnedOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> deviation, Span<float> state);

    /// <summary>Adds the gradient from ∂L/∂σ of the truncation's steps, rows of d floats of which the first <see cref="Plain"/> do not matter.</summary>
    protected void Backward(ITrainingBackend backend, RnnWeights weights, ReadOnlySpan<float> onDeviations, Span<float> gradient)
    {
        int d = Dimension;

        // The last run of a truncation that the horizon cut short gave no step its deviation.
        int runs = Steps - Plain;
        _queryStart.CopyTo(_state, 0);
        Span<float> offsets = _offsets.AsSpan(0, runs * d);
        for (int run = 0; run < runs; run++)
        {
            Span<float> offset = offsets.Slice(run * d, d);
            WidestLanes.Run(new RnnKernel(weights.Packed, _queryInputs.AsSpan(run * 2 * d, 2 * d), 1, _state, offset));
            ToOffset(onDeviations.Slice((Plain + run) * d, d), offset);
        }

        backend.Backward(weights, runs, _queryInputs.AsSpan(0, runs * 2 * d), _queryStart, offsets, default, gradient);
    }

    // σ = k |a| with a = 1 + o and k = √(d / Σa²): from ∂L/∂σ and o to ∂L/∂o, in o's place, with λ's share 2λo.
    private void ToOffset(ReadOnlySpan<float> onDeviation, Span<float> offset)
    {
        double squares = 0;
        double along = 0;
        for (int i = 0; i < offset.Length; i++)
        {
            double a = 1 + (double)offset[i];
            squares += a * a;
            along += onDeviation[i] * Math.Abs(a);
        }

        double k = squares > 0 ? Math.Sqrt(offset.Length / squares) : 0;
        double pull = squares > 0 ? k * along / squares : 0;
        for (int i = 0; i < offset.Length; i++)
        {
            double a = 1 + (double)offset[i];
            offset[i] = (float)((k * Math.Sign(a) * onDeviation[i]) - (pull * a) + (2 * _regularization * offset[i]));
        }
    }
}

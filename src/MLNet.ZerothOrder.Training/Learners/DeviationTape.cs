using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// The record of a truncation for the training of QueryRNN, for any objective. A truncation of steps s + 1 … s + K needs the deviations of these
/// steps, which QueryRNN computed at the ends of the steps s … s + K − 1. Step 1 samples with σ = 1. The inputs of QueryRNN are constants, and
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

    /// <param name="update">UpdateRNN, whose state precedes that of QueryRNN.</param>
    /// <param name="query">QueryRNN.</param>
    /// <param name="dimension">d.</param>
    /// <param name="truncation">The most steps of a truncation.</param>
    /// <param name="regularization">λ on the sum of the offsets' squares.</param>
    /// <param name="normalized">Whether QueryRNN reads its inputs divided by their root mean squares.</param>
    protected DeviationTape(RnnWeights update, RnnWeights query, int dimension, int truncation, double regularization, bool normalized)
    {
        Dimension = dimension;
        UpdateState = update.StateLength(dimension);
        _truncation = truncation;
        _regularization = regularization;
        _normalized = normalized;
        _deviation = new float[dimension];
        _offsets = new float[truncation * dimension];
        _queryInputs = new float[truncation * 2 * dimension];
        _lastInputs = new float[2 * dimension];
        _queryStart = new float[query.StateLength(dimension)];
        _queryBefore = new float[_queryStart.Length];
        _state = new float[_queryStart.Length];
    }

    /// <summary>d.</summary>
    protected int Dimension { get; }

    /// <summary>The number of floats of UpdateRNN's state.</summary>
    protected int UpdateState { get; }

    /// <summary>The number of steps of the truncation so far.</summary>
    protected int Steps { get; private set; }

    /// <summary>The number of steps of the truncation that sample with σ = 1 because no run of QueryRNN precedes them: 1 in the problem's first truncation, else 0.</summary>
    protected int Plain { get; private set; }

    public override void Begin(ReadOnlySpan<float> state)
    {
        Steps = 0;
        _runs = 0;

        // No run of QueryRNN precedes the problem's first step.
        Plain = _sampled ? 0 : 1;

        // The run that computed the deviation of the next step belongs to this truncation.
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

        // The result of the last run is used by the next truncation.
        if (Steps < _truncation)
        {
            _lastInputs.CopyTo(_queryInputs, _runs * 2 * d);
            _runs++;
        }
    }

    /// <summary>Stores the values of a finished step that the objective needs. <see cref="Steps"/> is the number of steps before it.</summary>
    /// <param name="deviation">The step's σ from QueryRNN, ones in the problem's first step.</param>
    /// <param name="state">The state of the optimizer after the step.</param>
    protected abstract void Record(
        LearnedOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> deviation, Span<float> state);

    /// <summary>Adds the gradient from ∂L/∂σ of the truncation's steps, rows of d floats. The first <see cref="Plain"/> rows are ignored.</summary>
    protected void Backward(ITrainingBackend backend, RnnWeights weights, ReadOnlySpan<float> onDeviations, Span<float> gradient)
    {
        int d = Dimension;

        // In a truncation that the horizon cut short, the last run of QueryRNN belongs to no step.
        int runs = Steps - Plain;
        _queryStart.CopyTo(_state, 0);
        var network = new ManagedRnn(weights);
        Span<float> offsets = _offsets.AsSpan(0, runs * d);
        for (int run = 0; run < runs; run++)
        {
            Span<float> offset = offsets.Slice(run * d, d);
            network.Run(_queryInputs.AsSpan(run * 2 * d, 2 * d), _state, offset);
            ToOffset(onDeviations.Slice((Plain + run) * d, d), offset);
        }

        backend.Backward(weights, runs, _queryInputs.AsSpan(0, runs * 2 * d), _queryStart, offsets, default, gradient);
    }

    // σ = k |a| with a = 1 + o and k = √(d / Σa²). Converts ∂L/∂σ and o to ∂L/∂o, in place of o, including 2λo for λ.
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

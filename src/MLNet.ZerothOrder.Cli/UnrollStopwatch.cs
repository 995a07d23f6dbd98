using System.Diagnostics;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// Times what one truncation of training costs on one thread beside its queries: T steps of UpdateRNN, backpropagation through them, and a step of
/// Adam over the weights, after which the network is another one.
/// </summary>
internal sealed class UnrollStopwatch
{
    private const float Rate = 1e-3f;

    private readonly ITrainingBackend _backend;
    private readonly UpdateRule _adam = UpdateRules.Adam(0.9f, 0.999f, 1e-8f);
    private readonly int _steps;
    private readonly int _dimension;
    private readonly float[] _inputs;
    private readonly float[] _outputGradient;
    private readonly float[] _outputs;
    private readonly float[] _start;
    private readonly float[] _state;
    private readonly float[] _gradient;
    private readonly float[] _moments;
    private readonly float[] _change;
    private RnnWeights _weights;
    private int _unrolls;

    /// <param name="backend">What backpropagates.</param>
    /// <param name="weights">UpdateRNN to begin with.</param>
    /// <param name="steps">T.</param>
    /// <param name="dimension">d.</param>
    public UnrollStopwatch(ITrainingBackend backend, RnnWeights weights, int steps, int dimension)
    {
        _backend = backend;
        _weights = weights;
        _steps = steps;
        _dimension = dimension;
        _inputs = new float[steps * dimension];
        _outputGradient = new float[steps * dimension];
        _outputs = new float[steps * dimension];
        _state = new float[new ManagedStep(new LearnedModel(weights)).StateLength(dimension)];
        _start = new float[_state.Length];
        _gradient = new float[weights.Values.Length];
        _moments = new float[2 * _gradient.Length];
        _change = new float[_gradient.Length];
        CounterRandom.Normals(RandomKey.FromSeed(1), _inputs);
        CounterRandom.Normals(RandomKey.FromSeed(2), _outputGradient);
    }

    /// <summary>The parts of one unroll, which goes on from where the last one ended.</summary>
    public UnrollTime Run()
    {
        long from = Stopwatch.GetTimestamp();
        var step = new ManagedStep(new LearnedModel(_weights));
        _state.CopyTo(_start, 0);
        for (int t = 0; t < _steps; t++)
        {
            int row = t * _dimension;
            step.Run(_inputs.AsSpan(row, _dimension), default, 1, _state, _outputs.AsSpan(row, _dimension), default);
        }

        TimeSpan forward = Stopwatch.GetElapsedTime(from);
        from = Stopwatch.GetTimestamp();
        Array.Clear(_gradient);
        _backend.Backward(_weights, _steps, _inputs, _start, _outputGradient, default, _gradient);
        TimeSpan backward = Stopwatch.GetElapsedTime(from);
        from = Stopwatch.GetTimestamp();
        _unrolls++;
        _adam(_gradient, _unrolls, Rate, _moments, _change);
        SimdKernels.Axpy(1, _weights.Values, _change);
        _weights = _weights.With(_change);
        return new UnrollTime(forward, backward, Stopwatch.GetElapsedTime(from));
    }
}

using System.Diagnostics;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Times the steps of a learned optimizer: all of its networks, on a state that goes on from step to step.</summary>
internal sealed class StepStopwatch
{
    private const int WarmUp = 3;

    private readonly ILearnedStep _step;
    private readonly float[] _gradient;
    private readonly float[] _state;
    private readonly float[] _update;
    private readonly float[] _deviation;

    /// <param name="step">What computes the steps.</param>
    /// <param name="dimension">d.</param>
    public StepStopwatch(ILearnedStep step, int dimension)
    {
        _step = step;
        _gradient = new float[dimension];
        _state = new float[step.StateLength(dimension)];
        _update = new float[dimension];
        _deviation = new float[dimension];
        CounterRandom.Normals(RandomKey.FromSeed(1), _gradient);
        for (int i = 0; i < WarmUp; i++)
        {
            Run();
        }
    }

    /// <summary>The mean over the steps of one turn, of which there is at least one.</summary>
    public double NanosecondsPerCoordinate(TimeSpan turn, CancellationToken cancellation)
    {
        long steps = 0;
        long from = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            Run();
            steps++;
            elapsed = Stopwatch.GetElapsedTime(from);
        }
        while (elapsed < turn);

        return elapsed.TotalNanoseconds / (steps * (double)_gradient.Length);
    }

    private void Run() => _step.Run(_gradient, default, 1, _state, _update, _deviation);
}

using System.Diagnostics;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Times the steps of a learned optimizer: all of its networks, on a state that goes on from step to step.</summary>
internal sealed class StepStopwatch
{
    private const int WarmUp = 3;

    private readonly Action _step;
    private readonly int _dimension;

    private StepStopwatch(Action step, int dimension)
    {
        _step = step;
        _dimension = dimension;
        for (int i = 0; i < WarmUp; i++)
        {
            step();
        }
    }

    /// <summary>Times the paper's networks.</summary>
    public static StepStopwatch Of(ILearnedStep step, int dimension)
    {
        float[] inputs = Normals(step.Inputs * dimension);
        var state = new float[step.StateLength(dimension)];
        var update = new float[dimension];
        var deviation = new float[dimension];
        return new StepStopwatch(() => step.Run(inputs, default, 1, state, update, deviation), dimension);
    }

    /// <summary>Times the network of a proximal step.</summary>
    public static StepStopwatch Of(ICoordinatewiseRnn network, RnnWeights weights, int dimension)
    {
        float[] inputs = Normals(weights.Inputs * dimension);
        var state = new float[network.StateLength(dimension)];
        var outputs = new float[weights.Outputs * dimension];
        return new StepStopwatch(() => network.Run(inputs, state, outputs), dimension);
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
            _step();
            steps++;
            elapsed = Stopwatch.GetElapsedTime(from);
        }
        while (elapsed < turn);

        return elapsed.TotalNanoseconds / (steps * (double)_dimension);
    }

    private static float[] Normals(int count)
    {
        var values = new float[count];
        CounterRandom.Normals(RandomKey.FromSeed(1), values);
        return values;
    }
}

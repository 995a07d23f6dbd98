using System.Diagnostics;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// The time of one truncation of training on one thread, without its queries: T steps of UpdateRNN, backpropagation through them, and one
/// step of Adam. Times are medians.
/// </summary>
/// <param name="Networks">The network.</param>
/// <param name="Backend">The name of the backend.</param>
/// <param name="Hidden">The hidden units of the network.</param>
/// <param name="Steps">T, the steps of a truncation.</param>
/// <param name="Dimension">d, the number of coordinates.</param>
/// <param name="Cores">The number of processors of the machine, of which one was used.</param>
/// <param name="Unrolls">The number of measured truncations.</param>
/// <param name="Milliseconds">The time of the whole truncation.</param>
/// <param name="ForwardMilliseconds">The time of the T steps.</param>
/// <param name="BackwardMilliseconds">The time of backpropagation.</param>
/// <param name="AdamMilliseconds">The time of the step of Adam.</param>
public sealed record UnrollTimes(
    string Networks, string Backend, int Hidden, int Steps, int Dimension, int Cores, int Unrolls,
    double Milliseconds, double ForwardMilliseconds, double BackwardMilliseconds, double AdamMilliseconds) : BenchResult
{
    private const int UnrollSteps = 20;
    private const int PaperHidden = 10;
    private const int WarmUp = 5;
    private const int FewestUnrolls = 5;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    /// <summary>Measures a backend.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The name of the backend.</param>
    /// <param name="dimension">d, the number of coordinates.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public static UnrollTimes Measure(ITrainingBackend backend, string name, int dimension, CancellationToken cancellation = default)
    {
        Action[] parts = Parts(backend, dimension);
        var times = new List<double[]>();
        long from = Stopwatch.GetTimestamp();
        for (int i = 0; times.Count < FewestUnrolls || Stopwatch.GetElapsedTime(from) < Time; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] milliseconds = [.. parts.Select(part => BenchTimer.PerCall(part, TimeSpan.Zero, cancellation).TotalMilliseconds)];
            if (i < WarmUp)
            {
                from = Stopwatch.GetTimestamp();
            }
            else
            {
                times.Add(milliseconds);
            }
        }

        double Median(Func<double[], double> of) => BenchTimer.Median(times.Select(of));
        return new UnrollTimes(
            "UpdateRNN", name, PaperHidden, UnrollSteps, dimension, Environment.ProcessorCount, times.Count, Median(t => t.Sum()), Median(t => t[0]), Median(t => t[1]), Median(t => t[2]));
    }

    // The steps, backpropagation and Adam of one truncation. Each truncation continues from the state and the weights of the last one.
    private static Action[] Parts(ITrainingBackend backend, int d)
    {
        RnnWeights weights = RnnWeights.Draw(RandomKey.FromSeed(1), 1, PaperHidden);
        UpdateRule adam = UpdateRules.Adam(0.9f, 0.999f, 1e-8f);
        float[] inputs = new float[UnrollSteps * d], outputGradient = new float[inputs.Length], output = new float[d];
        float[] state = new float[new ManagedStep(new LearnedModel(weights)).StateLength(d)], start = new float[state.Length];
        float[] gradient = new float[weights.Values.Length], moments = new float[2 * gradient.Length], change = new float[gradient.Length];
        CounterRandom.Normals(RandomKey.FromSeed(1), inputs);
        CounterRandom.Normals(RandomKey.FromSeed(2), outputGradient);
        int unrolls = 0;
        return [Forward, Backward, Adam];

        void Forward()
        {
            var step = new ManagedStep(new LearnedModel(weights));
            state.CopyTo(start, 0);
            for (int t = 0; t < UnrollSteps; t++)
            {
                step.Run(inputs.AsSpan(t * d, d), default, 1, state, output, default);
            }
        }

        void Backward()
        {
            Array.Clear(gradient);
            backend.Backward(weights, UnrollSteps, inputs, start, outputGradient, default, gradient);
        }

        void Adam()
        {
            adam(gradient, ++unrolls, 1e-3f, moments, change);
            SimdKernels.Axpy(1, weights.Values, change);
            weights = weights.With(change);
        }
    }
}

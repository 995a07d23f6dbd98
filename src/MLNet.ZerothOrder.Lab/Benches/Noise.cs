using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Images of random pixels, labelled with the classes that the model gives them. They suffice for benchmarks, because the cost of a query does not depend on the image.</summary>
internal static class Noise
{
    public static ImageSet Images(IQueryOracle oracle, ImageShape shape, int count)
    {
        var pixels = new float[count * oracle.InputLength];
        RandomKey key = RandomKey.FromSeed(1);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (key.Derive((ulong)i).Value >> 40) / (float)(1 << 24);
        }

        var noise = new ImageSet("noise", shape, pixels, new int[count]);
        return noise.WithLabels(oracle.Classify(noise));
    }

    /// <summary>
    /// Attacks the first <paramref name="count"/> images, all of them in flight, and returns the number of queries and the seconds. The budget of each has room for so many whole steps: a method that
    /// asks few points in some of its steps, such as those of a bisection, makes more of them.
    /// </summary>
    public static (double Queries, double Seconds) Attack(
        IQueryOracle oracle, IZerothOrderOptimizer optimizer, ImageSet images, int count, int iterations, CancellationToken cancellation, AttackLoss? loss = null)
    {
        // With μ and c given, nothing is queried to find them, which would be a large share of so short a run.
        var options = new AttackOptions { Loss = loss ?? new AttackLoss { DistortionWeight = 0.1 }, Smoothing = 1e-4, Count = count, InFlight = count, FailedCalls = 0, Levels = null, Limits = new RunLimits { Iterations = int.MaxValue, Budget = ((long)iterations * (optimizer.Directions + 1)) + 1 } };
        AttackResult result = new BlackBoxAttack(oracle, optimizer, options).Run(images, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        return result.Failure is { } failure ? throw failure : (result.Runs[0].Images.Sum(p => p.Queries), result.Timing.Seconds);
    }
}

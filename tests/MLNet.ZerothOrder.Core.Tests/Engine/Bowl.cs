namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>A bowl whose slope each problem and step tilts a little, as a minibatch does; and problems on it.</summary>
internal static class Bowl
{
    public const int Dimension = 3;

    public static double Value(ReadOnlySpan<float> input, RowKey key)
    {
        double tilt = 1e-3 * ((long)((key.Problem + ((ulong)key.Step * 7919)) % 1000) - 500) / 500;
        double sum = tilt * input[0];
        for (int i = 0; i < input.Length; i++)
        {
            sum += (i + 1) * (double)input[i] * input[i];
        }

        return sum;
    }

    public static WatchedOracle Oracle(int concurrency = 1, int preferredRows = 64) => new(Dimension, Value, concurrency, preferredRows);

    public static Problem Problem(int number, RunLimits limits, int directions = 4, string optimizer = "zo-sgd", double goal = double.NegativeInfinity) => new(
        $"problem {number}",
        new GoalObjective(Dimension, goal),
        new OptimizerRegistry().Create(optimizer, new OptimizerSettings { Directions = directions, StepSize = 0.1 }),
        0.01f,
        RandomKey.FromSeed(100 + number),
        limits);

    /// <summary>Problems of all kinds: several optimizers, numbers of directions, and stop rules.</summary>
    public static Problem Varied(int number)
    {
        string[] optimizers = [.. new OptimizerRegistry().Names];
        RunLimits limits = (number % 5) switch
        {
            0 => new RunLimits { Iterations = 9 },
            1 => new RunLimits { Iterations = 20, Budget = 31 },
            2 => new RunLimits { Iterations = 25, StopOnSuccess = true },
            3 => new RunLimits { Iterations = 12, Patience = 2 },
            _ => new RunLimits { Iterations = 1 },
        };
        return Problem(number, limits, 1 + (number * 5 % 13), optimizers[number % optimizers.Length], goal: 0.5);
    }
}

namespace MLNet.ZerothOrder.Training;

/// <summary>The weights of a trajectory's losses.</summary>
internal static class MetaObjectives
{
    // Relative to the first loss. Below it, a further relative gain does not count more.
    private const double Floor = 0.004;

    /// <summary>∂L/∂f(θ_t).</summary>
    public static double Weight(this MetaObjective objective, int t, int horizon, double loss, double first) => objective switch
    {
        MetaObjective.Linear => t,
        MetaObjective.Mean => 1 / (Math.Abs(first) + double.Epsilon),
        _ => (0.5 + ((double)t / horizon)) / (Math.Max(loss, 0) + (Floor * Math.Abs(first)) + double.Epsilon),
    };

    /// <summary>The weighted mean of a trajectory's losses 1..T. Checkpoints are selected by it.</summary>
    public static double Value(this MetaObjective objective, IReadOnlyList<double> losses)
    {
        double sum = 0;
        double weights = 0;
        double first = Math.Abs(losses[0]) + double.Epsilon;
        for (int t = 1; t < losses.Count; t++)
        {
            (double weight, double value) = objective switch
            {
                MetaObjective.Linear => (t, losses[t]),
                MetaObjective.Mean => (1, losses[t] / first),
                _ => (0.5 + ((double)t / (losses.Count - 1)), Math.Log(Math.Max(losses[t], 0) + (Floor * first))),
            };
            sum += weight * value;
            weights += weight;
        }

        return sum / weights;
    }
}

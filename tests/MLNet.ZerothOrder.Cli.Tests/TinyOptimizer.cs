namespace MLNet.ZerothOrder.Tests;

/// <summary>A learned optimizer of random weights as a file.</summary>
internal static class TinyOptimizer
{
    /// <summary>q that it says to have been trained with.</summary>
    public const int Directions = 6;

    public static LearnedModel Draw(bool hasQuery = true)
    {
        RandomKey key = RandomKey.FromSeed(1);
        return new LearnedModel(RnnWeights.Draw(key.Derive(1), 1, 4), hasQuery ? RnnWeights.Draw(key.Derive(2), 2, 4, hasBias: true) : null)
        {
            TrainedOn = "nothing at all",
            Directions = Directions,
            Smoothing = 0.002f,
            Seed = 77,
            ValidationLoss = 1.25,
        };
    }

    public static string Save(string path, LearnedModel? model = null)
    {
        OptimizerFile.Write(path, model ?? Draw());
        return path;
    }
}

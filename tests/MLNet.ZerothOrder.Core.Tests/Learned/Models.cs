using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>Models of random weights, with effects large enough to be seen.</summary>
internal static class Models
{
    public static LearnedModel Draw(int hidden = 10, bool hasBias = false, bool hasQuery = true, long seed = 1)
    {
        RandomKey key = RandomKey.FromSeed(seed);
        return new LearnedModel(Draw(key.Derive(1), 1, hidden, hasBias), hasQuery ? Draw(key.Derive(2), 2, hidden, hasBias) : null)
        {
            Directions = 6,
            Smoothing = 1e-3f,
            Seed = seed,
        };
    }

    /// <summary>A gated UpdateRNN, whose outputs are about ±1, and QueryRNN.</summary>
    public static LearnedModel DrawGated(int hidden = 10, bool hasQuery = true, long seed = 1, int inputs = GatedStep.NetworkInputs)
    {
        RandomKey key = RandomKey.FromSeed(seed);
        return new LearnedModel(Draw(key.Derive(1), inputs, hidden, true, GatedStep.NetworkOutputs), hasQuery ? Draw(key.Derive(2), 2, hidden, true) : null)
        {
            Directions = 6,
            Smoothing = 1e-3f,
            Seed = seed,
        };
    }

    /// <summary>A proximal step's network; its outputs are about ±1.</summary>
    public static LearnedModel DrawProximal(int hidden = 6, long seed = 1, float scale = 0.25f)
    {
        const int Inputs = LearnedProximalOptimizer.NetworkInputs, Outputs = LearnedProximalOptimizer.NetworkOutputs;
        int count = RnnWeights.Count(Inputs, hidden, true, Outputs, true);
        return new LearnedModel(new RnnWeights(Inputs, hidden, true, Normals(RandomKey.FromSeed(seed), count, scale), Outputs, true))
        {
            Directions = 6,
            Smoothing = 1e-3f,
            Seed = seed,
        };
    }

    /// <summary>The part that sees images; its numbers are about ±1.</summary>
    public static SpatialWeights DrawSpatial(long seed = 1) => new(Normals(RandomKey.FromSeed(seed), SpatialWeights.Count, 0.15f));

    public static float[] Normals(RandomKey key, int count, float scale = 1)
    {
        var values = new float[count];
        CounterRandom.Normals(key, values);
        return [.. values.Select(v => scale * v)];
    }

    public static RnnWeights Draw(RandomKey key, int inputs, int hidden, bool hasBias, int outputs = 1, bool hasSkip = false) =>
        new(inputs, hidden, hasBias, Normals(key, RnnWeights.Count(inputs, hidden, hasBias, outputs, hasSkip), 0.5f), outputs, hasSkip);
}

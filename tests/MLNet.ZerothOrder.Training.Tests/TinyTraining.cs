using MLNet.ZerothOrder.Tests.Engine;
using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A training so small that it takes milliseconds: bowls in 5 dimensions, each problem's own centre.</summary>
internal static class TinyTraining
{
    public const int Dimension = 5;
    public const int Directions = 4;

    public static readonly TrainerOptions Options = new()
    {
        Problems = 12,
        SideBySide = 2,
        Epoch = 4,
        Horizon = 12,
        Truncation = 5,
        LearningRate = 0.02,
        FinalRate = 1,
        Gradient = MetaGradient.Directions(6),
        Smoothing = 1e-3,
    };

    public static TheoryData<string> Learners => ["update", "query", "gated", "quality", "guided", "proximal"];

    public static WatchedOracle Oracle(int concurrency = 1, int preferredRows = 64) => new(Dimension, Value, concurrency, preferredRows);

    public static TrainingProblem[] Problems(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => new TrainingProblem($"problem {i}", new FunctionObjective(Dimension), key => key.Derive((ulong)i)))];

    public static Learner Learner(string kind)
    {
        RandomKey key = RandomKey.FromSeed(1);
        return kind switch
        {
            "update" => Training.Learner.Update(RnnWeights.Draw(key, 1, 4), Directions),
            "query" => Training.Learner.Query(Models.Draw(key, 1, 4, false), RnnWeights.Draw(key, 2, 4), Directions),
            "gated" => Training.Learner.Update(Gated(key), Directions),
            "quality" => Training.Learner.Query(Gated(key), RnnWeights.Draw(key, 2, 4, true), Directions, sgdStepSize: 0.5),
            "guided" => Training.Learner.Update(Gated(key), Directions, Models.Draw(key, 2, 4, true)),
            _ => Training.Learner.Proximal(RnnWeights.Draw(key, 16, 4, true, 3, true), Directions),
        };
    }

    private static RnnWeights Gated(RandomKey key) => RnnWeights.Draw(key, GatedStep.NetworkInputs, 4, true, GatedStep.NetworkOutputs);

    public static Trainer Trainer(IQueryOracle oracle, string kind = "update", TrainerOptions? options = null) =>
        new(oracle, Problems(0, 7), Problems(7, 3), Learner(kind), options ?? Options);

    /// <summary>∇ of a problem's bowl; the problem cannot be told from θ, so all have the centre 0.</summary>
    public static void Gradient(TrainingProblem problem, ReadOnlySpan<float> theta, Span<float> gradient)
    {
        for (int i = 0; i < theta.Length; i++)
        {
            gradient[i] = (i + 1) * theta[i];
        }
    }

    private static double Value(ReadOnlySpan<float> input, RowKey key)
    {
        double sum = 0.01;
        for (int i = 0; i < input.Length; i++)
        {
            double x = input[i] - (0.1 * ((key.Problem >> i) % 3));
            sum += 0.5 * (i + 1) * x * x;
        }

        return sum;
    }
}

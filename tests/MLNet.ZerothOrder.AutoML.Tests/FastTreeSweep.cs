using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.Trainers.FastTree;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A sweep of a real trainer, FastTree regression on generated rows, as AutoML runs it; the same for the same seed.</summary>
internal sealed class FastTreeSweep : ITrialRunner
{
    private readonly IDataView _train;
    private readonly IDataView _validation;

    public FastTreeSweep(int dataSeed)
    {
        IDataView rows = new MLContext(0).Data.LoadFromEnumerable(Rows(dataSeed).ToArray());
        var ml = new MLContext(0);
        _train = ml.Data.Cache(ml.Data.TakeRows(rows, 250));
        _validation = ml.Data.Cache(ml.Data.SkipRows(rows, 250));
    }

    /// <summary>The hyperparameters with the ranges that people sweep.</summary>
    public sealed class Hyperparameters
    {
        [Range(2, 128, 20, logBase: true)]
        public int NumberOfLeaves { get; set; } = 20;

        [Range(1, 64, 10, logBase: true)]
        public int MinimumExampleCountPerLeaf { get; set; } = 10;

        [Range(4, 32, 8, logBase: true)]
        public int NumberOfTrees { get; set; } = 8;

        [Range(0.01, 1.0, 0.02, logBase: true)]
        public double LearningRate { get; set; } = 0.02;

        [Range(0.1, 1.0, 1.0)]
        public double FeatureFraction { get; set; } = 1.0;
    }

    public int Trials { get; private set; }

    public static AutoMLExperiment Experiment(FastTreeSweep sweep, int seed, int trials)
    {
        AutoMLExperiment experiment = new MLContext(seed).Auto().CreateExperiment();
        return experiment
            .AddSearchSpace("tree", new SearchSpace<Hyperparameters>())
            .SetTrialRunner(sweep)
            .SetMaxModelToExplore(trials);
    }

    public Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        Trials++;
        Hyperparameters parameters = settings.Parameter["tree"].AsType<Hyperparameters>();
        var ml = new MLContext(0);
        var trainer = ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options
        {
            NumberOfThreads = 1,
            NumberOfLeaves = parameters.NumberOfLeaves,
            MinimumExampleCountPerLeaf = parameters.MinimumExampleCountPerLeaf,
            NumberOfTrees = parameters.NumberOfTrees,
            LearningRate = parameters.LearningRate,
            FeatureFraction = parameters.FeatureFraction,
        });
        ITransformer model = trainer.Fit(_train);
        RegressionMetrics metrics = ml.Regression.Evaluate(model.Transform(_validation));
        return Task.FromResult(new TrialResult { TrialSettings = settings, Model = model, Loss = metrics.RootMeanSquaredError, Metric = metrics.RootMeanSquaredError });
    }

    public void Dispose()
    {
    }

    private static IEnumerable<Row> Rows(int seed)
    {
        RandomKey key = RandomKey.FromSeed(seed);
        for (ulong i = 0; i < 500; i++)
        {
            var x = new float[8];
            var noise = new float[1];
            CounterRandom.Uniforms(key.Derive(i), x);
            CounterRandom.Normals(key.Derive(i), noise);

            // Friedman's function: five features matter, three do not.
            double y = (10 * Math.Sin(Math.PI * x[0] * x[1])) + (20 * (x[2] - 0.5) * (x[2] - 0.5)) + (10 * x[3]) + (5 * x[4]) + noise[0];
            yield return new Row { Features = x, Label = (float)y };
        }
    }

    private sealed class Row
    {
        [VectorType(8)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}

using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Whole AutoML experiments over a real trainer.</summary>
public sealed class ExperimentTests
{
    [Fact]
    public void Beats_random_search_at_equal_trials_on_a_sweep_of_a_real_trainer()
    {
        const int Trials = 40;
        double[] ours = new double[8];
        double[] random = new double[8];
        for (int seed = 0; seed < ours.Length; seed++)
        {
            using var sweep = new FastTreeSweep(seed);
            ours[seed] = FastTreeSweep.Experiment(sweep, seed, Trials).SetZerothOrderTuner().Run().Loss;
            sweep.Trials.ShouldBe(Trials);
            random[seed] = FastTreeSweep.Experiment(sweep, seed, Trials).SetRandomSearchTuner(seed: seed).Run().Loss;
            sweep.Trials.ShouldBe(2 * Trials);
        }

        string losses = string.Join(", ", ours.Zip(random, (a, b) => $"{a:F3} against {b:F3}"));
        ours.Average().ShouldBeLessThan(random.Average() - 0.05, losses);
        ours.Zip(random).Count(pair => pair.First < pair.Second).ShouldBeGreaterThan(ours.Length / 2, losses);
    }

    [Fact]
    public void Repeats_with_the_contexts_seed_also_when_the_container_makes_it()
    {
        static double Loss(Func<AutoMLExperiment, AutoMLExperiment> set)
        {
            using var sweep = new FastTreeSweep(1);
            return set(FastTreeSweep.Experiment(sweep, 5, 12)).Run().Loss;
        }

        double first = Loss(experiment => experiment.SetZerothOrderTuner());
        Loss(experiment => experiment.SetZerothOrderTuner()).ShouldBe(first);
        Loss(experiment => experiment.SetTuner<ZerothOrderTuner>()).ShouldBe(first);
        Loss(experiment => experiment.SetZerothOrderTuner(new TunerOptions { Seed = 6 })).ShouldNotBe(first);
    }

    [Fact]
    public void Tunes_the_sweepable_pipelines_of_AutoML_itself_as_the_page_shows()
    {
        Page.ShowsExample("../../docs/tuning.md", "automl");
        Page.ShowsExample("../../src/MLNet.ZerothOrder.AutoML/README.md", "automl");
        var ml = new MLContext(3);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 400).Select(i => new House
        {
            Size = i % 37,
            Age = i % 11,
            Price = (3 * (i % 37)) - (2 * (i % 11)) + (i % 37 > 20 ? 15 : 0),
        }));
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(rows, testFraction: 0.3);
        SweepableEstimator tree = ml.Auto().CreateSweepableEstimator<Tree>((context, parameters) => context.Regression.Trainers.FastTree(
            new FastTreeRegressionTrainer.Options { LabelColumnName = "Price", NumberOfThreads = 1, NumberOfTrees = parameters.NumberOfTrees, LearningRate = parameters.LearningRate }), new SearchSpace<Tree>());
        SweepableEstimator line = ml.Auto().CreateSweepableEstimator<Line>((context, parameters) => context.Regression.Trainers.Sdca(
            new SdcaRegressionTrainer.Options { LabelColumnName = "Price", NumberOfThreads = 1, MaximumNumberOfIterations = 10, L2Regularization = parameters.L2 }), new SearchSpace<Line>());
        SweepablePipeline pipeline = ml.Transforms.Concatenate("Features", nameof(House.Size), nameof(House.Age)).Append(tree, line);
        var monitor = new Seen();
        (IDataView train, IDataView validation) = (split.TrainSet, split.TestSet);

        // example automl
        AutoMLExperiment experiment = ml.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetDataset(train, validation)
            .SetRegressionMetric(RegressionMetric.RootMeanSquaredError, "Price")
            .SetMaxModelToExplore(20)
            .SetZerothOrderTuner();

        // end of automl
        TrialResult best = experiment.SetMonitor(monitor).Run();

        monitor.Losses.Count.ShouldBe(20);
        best.Loss.ShouldBe(monitor.Losses.Min());

        // Of two trainers both had their turn, and a tree explains the step that a line cannot.
        monitor.Schemas.Distinct().Count().ShouldBeGreaterThan(1);
        best.Loss.ShouldBeLessThan(3);
        ml.Regression.Evaluate(best.Model.Transform(split.TestSet), nameof(House.Price)).RootMeanSquaredError.ShouldBe(best.Loss, 1e-6);
    }

    private sealed class Tree
    {
        [Range(4, 64, 4, logBase: true)]
        public int NumberOfTrees { get; set; }

        [Range(0.01, 1.0, 0.01, logBase: true)]
        public double LearningRate { get; set; }
    }

    private sealed class Line
    {
        [Range(1e-4f, 1f, 1e-4f, logBase: true)]
        public float L2 { get; set; }
    }

    private sealed class House
    {
        public float Size { get; set; }

        public float Age { get; set; }

        public float Price { get; set; }
    }

    private sealed class Seen : IMonitor
    {
        public List<double> Losses { get; } = [];

        public List<string> Schemas { get; } = [];

        public void ReportCompletedTrial(TrialResult result)
        {
            Losses.Add(result.Loss);
            Schemas.Add(result.TrialSettings.Parameter["_pipeline_"]["_SCHEMA_"].AsType<string>());
        }

        public void ReportBestTrial(TrialResult result)
        {
        }

        public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => throw new InvalidOperationException("A trial failed.", exception);

        public void ReportRunningTrial(TrialSettings setting)
        {
        }
    }
}

using MLNet.ZerothOrder.Tests.Engine;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Objectives;

public sealed class BinaryClassificationTests
{
    private const int Dimension = 10;

    [Fact]
    public void At_0_every_point_is_undecided()
    {
        using BinaryClassification task = Small();
        task.FullLoss(0, new float[Dimension]).ShouldBe(0.25, 1e-12);
        Ask(task, [(new float[Dimension], new RowKey(1, 1))]).ShouldBe([0.25f]);
    }

    [Fact]
    public void The_rows_of_one_step_share_a_minibatch_and_each_step_and_problem_has_its_own()
    {
        using BinaryClassification task = Small(datasets: 1);
        float[] theta = Point(1);
        ulong first = task.ProblemKey(0, 0).Value;
        ulong second = task.ProblemKey(0, 1).Value;

        float[] scores = Ask(task, [(theta, new(first, 1)), (theta, new(first, 1)), (theta, new(first, 2)), (theta, new(second, 1)), (theta, new(first, 1))]);

        scores[1].ShouldBe(scores[0]);
        scores[4].ShouldBe(scores[0]);
        scores[2].ShouldNotBe(scores[0]);
        scores[3].ShouldNotBe(scores[0]);
    }

    [Fact]
    public void The_mean_over_steps_is_the_loss_over_all_points()
    {
        using BinaryClassification task = Small(datasets: 3);
        float[] theta = Point(2);
        for (int dataset = 0; dataset < 3; dataset++)
        {
            ulong key = task.ProblemKey(dataset).Value;
            float[] scores = Ask(task, [.. Enumerable.Range(1, 3000).Select(step => (theta, new RowKey(key, step)))]);

            // A point's error has a deviation below 0.5: 48,000 of them leave 0.0023.
            scores.Average().ShouldBe((float)task.FullLoss(dataset, theta), 0.007f);
        }

        task.FullLoss(0, theta).ShouldNotBe(task.FullLoss(1, theta));
    }

    [Fact]
    public void A_dataset_is_named_by_seed_and_index_alone()
    {
        using BinaryClassification few = Small(datasets: 3);
        using BinaryClassification many = Small(datasets: 20);
        using BinaryClassification other = Small(datasets: 3, seed: 8);
        float[] theta = Point(3);
        many.FullLoss(2, theta).ShouldBe(few.FullLoss(2, theta));
        other.FullLoss(2, theta).ShouldNotBe(few.FullLoss(2, theta));
    }

    [Fact]
    public void A_problems_key_says_which_dataset_it_is_about()
    {
        using BinaryClassification task = Small(datasets: 7);
        var keys = new HashSet<ulong>();
        for (int dataset = 0; dataset < 7; dataset++)
        {
            for (int trial = 0; trial < 5; trial++)
            {
                RandomKey key = task.ProblemKey(dataset, trial);
                task.DatasetOf(key).ShouldBe(dataset);
                task.ProblemKey(dataset, trial).ShouldBe(key);
                keys.Add(key.Value).ShouldBeTrue();
            }
        }

        Should.Throw<ArgumentOutOfRangeException>(() => task.ProblemKey(7));
        Should.Throw<ArgumentOutOfRangeException>(() => task.FullLoss(7, Point(1)));
    }

    [Fact]
    public void Many_datasets_mixed_in_one_run_on_several_threads_go_as_each_alone()
    {
        string[] expected = [.. Enumerable.Range(0, 6).Select(dataset => Run([dataset], 1)[0])];
        Run([0, 1, 2, 3, 4, 5], 4).ShouldBe(expected);

        static string[] Run(int[] datasets, int concurrency)
        {
            using BinaryClassification task = Small(datasets: 6, concurrency: concurrency);
            Problem[] problems = [.. datasets.Select(dataset => Problem(task, dataset, "zo-sgd", 5, 10))];
            new BatchedEngine(task).Run(problems);
            return [.. problems.Select(Outcome.Of)];
        }
    }

    [Fact]
    public void The_papers_sizes_are_the_defaults_and_adam_learns_to_classify()
    {
        using var task = new BinaryClassification(seed: 1, concurrency: 2);
        task.InputLength.ShouldBe(100);
        Problem problem = Problem(task, 0, "zo-adam", 20, 200);
        new BatchedEngine(task).Run([problem]);

        double start = task.FullLoss(0, Start(task, problem.Key));
        task.FullLoss(0, problem.Theta).ShouldBeLessThan(0.5 * start);
        problem.Ledger.Charged.ShouldBe((200 * 21) + 1);
    }

    private static BinaryClassification Small(int datasets = 2, long seed = 7, int concurrency = 1) =>
        new(seed, datasets, Dimension, samples: 150, minibatch: 16, concurrency: concurrency);

    private static Problem Problem(BinaryClassification task, int dataset, string optimizer, int directions, int iterations) => new(
        $"dataset {dataset}",
        task.Objective,
        new OptimizerRegistry().Create(optimizer, new OptimizerSettings { Directions = directions, StepSize = 10 }),
        1e-3f,
        task.ProblemKey(dataset),
        new RunLimits { Iterations = iterations });

    private static float[] Start(BinaryClassification task, RandomKey key)
    {
        var theta = new float[task.InputLength];
        task.Objective.Initialize(key.Derive(0), theta);
        return theta;
    }

    private static float[] Point(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Dimension).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static float[] Ask(BinaryClassification task, (float[] Theta, RowKey Key)[] rows)
    {
        using QueryBatch batch = ((IQueryOracle)task).CreateBatch(rows.Length);
        batch.Rows = rows.Length;
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row].Theta.CopyTo(batch.Input(row));
            batch.Key(row) = rows[row].Key;
        }

        task.Score(batch);
        return batch.Scores.ToArray();
    }
}

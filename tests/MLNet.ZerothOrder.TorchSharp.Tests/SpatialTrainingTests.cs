using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;
using static TorchSharp.torch;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The part of an optimizer that sees images, and its training.</summary>
public sealed class SpatialTrainingTests : IDisposable
{
    private static readonly ImageShape Shape = new(1, 8, 8);

    private readonly TempFolder _folder = new();

    public SpatialTrainingTests() => NeedsLibtorch.OrSkip();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void The_loss_is_its_formula_and_its_gradient_that_of_finite_differences()
    {
        SpatialStates states = States(3);
        float[] values = Models.DrawSpatial().Values.ToArray(), gradient = new float[values.Length];
        var backend = new TorchSharpBackend();

        double loss = backend.Run(values, states, gradient);

        loss.ShouldBe(Loss(values, states), 1e-4);
        backend.Run(values, states, []).ShouldBe(loss, 1e-6);
        for (int i = 0; i < values.Length; i += 37)
        {
            // A central difference in doubles; kinks of the rectifiers are rarely that near.
            const float H = 1e-3f;
            float[] up = [.. values], down = [.. values];
            up[i] += H;
            down[i] -= H;
            double slope = (Loss(up, states) - Loss(down, states)) / ((double)up[i] - down[i]);
            ((double)gradient[i]).ShouldBe(slope, 0.01 + (0.03 * Math.Abs(slope)), $"weight {i}");
        }
    }

    [SkippableFact]
    public void It_learns_where_the_slopes_are_and_the_network_beside_it_stays()
    {
        LearnedModel initial = Initial();
        LearnedModel learned = Training(initial).Run();

        learned.Update.Values.ToArray().ShouldBe(initial.Update.Values.ToArray());
        double[] share = [Share(Training(initial, problems: 1).Run()), Share(learned)];
        share[1].ShouldBeGreaterThan(0.6);
        share[1].ShouldBeGreaterThan(1.5 * share[0]);

        // The share of the directions' squares in the left half, where all slopes are.
        static double Share(LearnedModel model)
        {
            var optimizer = new LearnedProximalOptimizer("plus", model, directions: 200);
            float[] state = new float[optimizer.StateLength(Shape.Length)], rows = new float[200 * Shape.Length];
            optimizer.Ask(new OptimizerStep(RandomKey.FromSeed(9), 1, 20, 1e-3f, Problems(1, 100)[0].Objective), new float[Shape.Length], state, rows);
            return rows.Where((_, i) => i % Shape.Width < Shape.Width / 2).Sum(u => (double)u * u) / rows.Sum(u => (double)u * u);
        }
    }

    [SkippableFact]
    public void Going_on_from_any_checkpoint_gives_the_same_model_and_counts()
    {
        var checkpoints = new List<StageCheckpoint>();
        OptimizerTraining whole = Training(Initial());
        byte[] model = OptimizerFile.ToBytes(whole.Run(save: checkpoints.Add));

        checkpoints.Select(c => $"{c.Stage} {c.Trainer.ProblemsDone}").ShouldBe(["spatial 30", "spatial 60"]);
        foreach (StageCheckpoint checkpoint in checkpoints)
        {
            string path = _folder.File("c");
            checkpoint.Write(path, whole.Identity);
            OptimizerTraining resumed = Training(Initial());
            OptimizerFile.ToBytes(resumed.Run(resume: StageCheckpoint.Read(path, resumed.Identity))).ShouldBe(model);
            (resumed.Queries, resumed.ValidationQueries).ShouldBe((whole.Queries, whole.ValidationQueries));
        }
    }

    [SkippableFact]
    public void What_it_cannot_learn_on_is_refused_in_one_sentence()
    {
        Should.Throw<InputException>(() => Training(null)).Message.ShouldBe("The spatial part is learned beside the network of a proximal step; give an optimizer that has it to start from.");
        TrainingProblem[] flat = [new("p", new AttackObjective(new float[64], 0, 2, new AttackLoss()), key => key)];
        var options = new TrainerOptions { Problems = 1 };
        var training = new OptimizerTraining(Oracle(), flat, flat, TrainingStage.Spatial, 6, 6, options, options, Initial(), new TorchSharpBackend());
        Should.Throw<InputException>(() => training.Run()).Message.ShouldStartWith("The spatial part learns on attacks that minimise the distortion of images with rows and columns");
    }

    private static LearnedModel Initial()
    {
        RnnWeights weights = Models.DrawProximal().Update;
        float[] values = [.. weights.Values];
        values.AsSpan(4 * weights.Hidden * (weights.Inputs + weights.Hidden + 1)).Clear();
        return new LearnedModel(weights.With(values)) { SeesImages = true, Directions = 6 };
    }

    private static OptimizerTraining Training(LearnedModel? initial, int problems = 60)
    {
        var options = new TrainerOptions { Problems = problems, Epoch = 30, Horizon = 10, Gradient = MetaGradient.Directions(24), Smoothing = 1e-3, LearningRate = 0.01 };
        return new OptimizerTraining(Oracle(), Problems(12), Problems(3, 50), TrainingStage.Spatial, 6, 6, options, options, initial, new TorchSharpBackend());
    }

    private static TrainingProblem[] Problems(int count, int from = 0) =>
    [
        .. Enumerable.Range(from, count).Select(i => new TrainingProblem(
            $"{i}", new AttackObjective(Enumerable.Range(0, Shape.Length).Select(j => (float)((Math.Sin((i * 31) + (j * 1.7)) + 1) / 2)).ToArray(), 0, 2, new AttackLoss()) { Shape = Shape },
            key => key.Derive((ulong)i))),
    ];

    // Only the left half of the image matters.
    private static DelegateOracle Oracle() => new(Shape.Length, 2, static (input, _, scores) =>
    {
        scores[0] = 3;
        scores[1] = 0;
        for (int i = 0; i < input.Length; i++)
        {
            scores[0] += i % Shape.Width < Shape.Width / 2 ? 2 * MathF.Sin((3 * i) + 1) * (input[i] - 0.5f) : 0;
        }
    });

    private static SpatialStates States(int count)
    {
        int d = Shape.Length;
        float[] squares = [.. Models.Normals(RandomKey.FromSeed(5), count * d).Select((x, i) => i % 3 == 0 ? x * x : 0)];
        return new SpatialStates(
            Shape, Models.Normals(RandomKey.FromSeed(1), count * SpatialWeights.Maps * d), Models.Normals(RandomKey.FromSeed(2), count * SpatialWeights.Scalars),
            [.. Models.Normals(RandomKey.FromSeed(3), count * d).Select(Math.Abs)], squares, [.. Enumerable.Repeat(d / 3f, count)], [5, 10, 20]);
    }

    private static double Loss(float[] values, SpatialStates states)
    {
        int d = Shape.Length, count = states.Asked.Length;
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Tensor outputs = SpatialLoss.Outputs(
            StudentLoss.Copy(values, values.Length).to(ScalarType.Float64), StudentLoss.Copy(states.Maps, count, SpatialWeights.Maps, 8, 8).to(ScalarType.Float64),
            StudentLoss.Copy(states.Scalars, count, SpatialWeights.Scalars).to(ScalarType.Float64));
        double[] o = outputs.data<double>().ToArray();
        double sum = 0;
        for (int n = 0; n < count; n++)
        {
            double[] s2 = [.. Enumerable.Range(0, d).Select(j => Math.Pow(Math.Exp(Math.Clamp(o[(n * 2 * d) + j], -4, 4)) + (Math.Exp(Math.Clamp(o[(n * 2 * d) + d + j], -4, 4)) * states.Sizes[(n * d) + j]), 2))];
            double mean = s2.Average(), q = states.Directions[n];
            double v = s2.Select((s, j) => s / mean * states.Squares[(n * d) + j]).Sum() / states.Asked[n];
            double w = s2.Select((s, j) => Math.Pow(s / mean, 2) * states.Squares[(n * d) + j]).Sum() / states.Asked[n];
            sum += Math.Log((v * d / q) + ((1 + (1 / q)) * w) + 1e-3) - (2 * Math.Log(v + 1e-3));
        }

        return sum / count;
    }
}

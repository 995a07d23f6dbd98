using Microsoft.ML.OnnxRuntime;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class OnnxStepTests
{
    private const int Steps = 100;

    public static TheoryData<int, bool, bool, int> Networks => new()
    {
        { 1, false, true, 5 },
        { 3, true, true, 37 },
        { 10, false, true, 1 },
        { 10, false, true, 784 },
        { 10, true, true, 100 },
        { 10, true, false, 16 },
        { 20, false, false, 37 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Over_many_steps_ONNX_Runtime_the_managed_step_and_the_formulas_agree(int hidden, bool hasBias, bool hasQuery, int dimension)
    {
        LearnedModel model = Models.Draw(hidden, hasBias, hasQuery);
        var managed = new Outcome(new ManagedStep(model), dimension);
        using var step = new OnnxStep(model);
        var onnx = new Outcome(step, dimension);
        var naive = new NaiveStep(model, dimension);
        for (int t = 1; t <= Steps; t++)
        {
            float[] gradient = Models.Normals(RandomKey.FromSeed(t), dimension);

            managed.Run(gradient, default, 0.5f);
            onnx.Run(gradient, default, 0.5f);

            (double[] update, double[] deviation) = naive.Run(gradient, 0.5);
            Largest(onnx.Update, managed.Update).ShouldBeLessThan(1e-5, $"update, step {t}");
            Largest(onnx.Deviation, managed.Deviation).ShouldBeLessThan(1e-5, $"deviation, step {t}");
            Largest(onnx.Update, [.. update.Select(u => (float)u)]).ShouldBeLessThan(1e-5, $"update, step {t}");
            Largest(onnx.Deviation, [.. deviation.Select(s => (float)s)]).ShouldBeLessThan(1e-5, $"deviation, step {t}");
        }
    }

    [Theory]
    [InlineData(1, true, 5, 6)]
    [InlineData(10, true, 784, 6)]
    [InlineData(10, false, 100, 4)]
    [InlineData(20, true, 37, 6)]
    public void A_gated_step_is_the_same_in_ONNX_Runtime_as_managed(int hidden, bool hasQuery, int dimension, int rows)
    {
        LearnedModel model = Models.DrawGated(hidden, hasQuery, inputs: rows);
        var managed = new Outcome(new ManagedStep(model), dimension);
        using var step = new OnnxStep(model);
        var onnx = new Outcome(step, dimension);
        for (int t = 1; t <= Steps; t++)
        {
            // An estimate of zeros, too, and now and then another update than the step's own.
            float[] inputs = Models.Normals(RandomKey.FromSeed(t), rows * dimension, t % 10 == 0 ? 0 : 1);
            float[] applied = t % 3 == 0 ? Models.Normals(RandomKey.FromSeed(-t), dimension) : [];

            managed.Run(inputs, applied, 0.5f);
            onnx.Run(inputs, applied, 0.5f);

            Largest(onnx.Update, managed.Update).ShouldBeLessThan(1e-5, $"update, step {t}");
            Largest(onnx.Deviation, managed.Deviation).ShouldBeLessThan(1e-5, $"deviation, step {t}");
        }
    }

    [Fact]
    public void A_gated_optimizer_runs_the_same_on_both_kinds_of_step()
    {
        LearnedModel model = Models.DrawGated();
        using var step = new OnnxStep(model);
        var options = new LearnedOptions { Scale = 0.01 };

        SameRuns.ShouldBeNear(new LearnedOptimizer("zo-lstm", model, options: options), new LearnedOptimizer("zo-lstm", model, step, options));
    }

    [Fact]
    public void The_query_network_reads_the_update_that_was_really_applied()
    {
        LearnedModel model = Models.Draw();
        var managed = new Outcome(new ManagedStep(model), 20);
        using var step = new OnnxStep(model);
        var onnx = new Outcome(step, 20);
        for (int t = 1; t <= 10; t++)
        {
            float[] gradient = Models.Normals(RandomKey.FromSeed(t), 20);

            // Every third step the step's own update is applied.
            float[] applied = t % 3 == 0 ? [] : [.. gradient.Select(g => -0.3f * g)];
            managed.Run(gradient, applied, 2);
            onnx.Run(gradient, applied, 2);

            Largest(onnx.Update, managed.Update).ShouldBeLessThan(1e-5);
            Largest(onnx.Deviation, managed.Deviation).ShouldBeLessThan(1e-5);
        }
    }

    [Fact]
    public void The_written_file_steps_many_problems_at_once_as_each_alone()
    {
        const int Problems = 3, Dimension = 7;
        LearnedModel model = Models.Draw(hasBias: true);
        using var folder = new TempFolder();
        OptimizerFile.Write(folder.File("o.onnx"), model);
        using var alone = new OnnxStep(model);
        OnnxEnvironment.Open();
        using var session = new InferenceSession(folder.File("o.onnx"));
        int width = alone.StateLength(1);
        float[] gradients = Models.Normals(RandomKey.FromSeed(1), Problems * Dimension);
        float[] states = Models.Normals(RandomKey.FromSeed(2), Problems * Dimension * width, 0.3f);
        float[] scales = [1, 2, 3];

        Dictionary<string, OrtValue> inputs = new()
        {
            ["gradient"] = OrtValue.CreateTensorValueFromMemory(gradients, [Problems, Dimension]),
            ["state"] = OrtValue.CreateTensorValueFromMemory(states, [Problems, Dimension, width]),
            ["scale"] = OrtValue.CreateTensorValueFromMemory(scales, [Problems]),
            ["appliedUpdate"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(float.NaN, Problems * Dimension).ToArray(), [Problems, Dimension]),
        };
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, inputs, ["update", "deviation", "newState"]);

        for (int p = 0; p < Problems; p++)
        {
            float[] state = states[(p * Dimension * width)..((p + 1) * Dimension * width)];
            float[] update = new float[Dimension], deviation = new float[Dimension];
            alone.Run(gradients.AsSpan(p * Dimension, Dimension), default, scales[p], state, update, deviation);
            Largest(outputs[0].GetTensorDataAsSpan<float>().Slice(p * Dimension, Dimension).ToArray(), update).ShouldBeLessThan(1e-6);
            Largest(outputs[1].GetTensorDataAsSpan<float>().Slice(p * Dimension, Dimension).ToArray(), deviation).ShouldBeLessThan(1e-6);
            Largest(outputs[2].GetTensorDataAsSpan<float>().Slice(p * Dimension * width, Dimension * width).ToArray(), state).ShouldBeLessThan(1e-6);
        }

        foreach (OrtValue input in inputs.Values)
        {
            input.Dispose();
        }
    }

    [Fact]
    public void Where_every_offset_is_minus_one_deviations_are_ones()
    {
        var query = new float[RnnWeights.Count(2, 1, true)];
        query[^1] = -1;
        using var step = new OnnxStep(new LearnedModel(RnnWeights.Draw(RandomKey.FromSeed(1), 1, 1), new RnnWeights(2, 1, true, query)));
        var outcome = new Outcome(step, 3);

        outcome.Run([1, 2, 3], default, 1);

        outcome.Deviation.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void After_the_first_a_step_allocates_nothing()
    {
        using var step = new OnnxStep(Models.Draw());
        var outcome = new Outcome(step, 100);
        float[] gradient = Models.Normals(RandomKey.FromSeed(1), 100);
        outcome.Run(gradient, default, 1);
        outcome.Run(gradient, default, 1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int t = 0; t < 50; t++)
        {
            outcome.Run(gradient, default, 1);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public async Task Callers_at_once_get_what_each_gets_alone()
    {
        using var step = new OnnxStep(Models.Draw());
        float[] expected = Run(1);

        float[][] results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Run(1))));

        results.ShouldAllBe(result => result.SequenceEqual(expected));

        float[] Run(long seed)
        {
            var outcome = new Outcome(step, 30);
            for (int t = 0; t < 50; t++)
            {
                outcome.Run(Models.Normals(RandomKey.FromSeed(seed + t), 30), default, 1);
            }

            return [.. outcome.Update, .. outcome.Deviation];
        }
    }

    [Fact]
    public void A_learned_optimizer_runs_the_same_on_both_kinds_of_step()
    {
        LearnedModel model = Models.Draw();
        using var step = new OnnxStep(model);
        var options = new LearnedOptions { Scale = 0.01 };

        SameRuns.ShouldBeNear(new LearnedOptimizer("zo-lstm", model, options: options), new LearnedOptimizer("zo-lstm", model, step, options));
    }

    [Fact]
    public void Other_lengths_and_a_disposed_step_are_refused()
    {
        var step = new OnnxStep(Models.Draw());
        int length = step.StateLength(4);
        Should.Throw<ArgumentException>(() => step.Run(new float[4], default, 1, new float[length + 1], new float[4], default)).ParamName.ShouldBe("state");

        step.Dispose();
        step.Dispose();

        Should.Throw<ObjectDisposedException>(() => step.Run(new float[4], default, 1, new float[length], new float[4], default));
    }

    private static double Largest(float[] actual, float[] expected) => actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Max();

    private sealed class Outcome(ILearnedStep step, int dimension)
    {
        private readonly float[] _state = new float[step.StateLength(dimension)];

        public float[] Update { get; } = new float[dimension];

        public float[] Deviation { get; } = new float[dimension];

        public void Run(float[] gradient, float[]? applied, float scale) => step.Run(gradient, applied, scale, _state, Update, Deviation);
    }
}

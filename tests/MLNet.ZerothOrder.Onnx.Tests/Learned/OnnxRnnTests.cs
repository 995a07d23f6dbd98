using Microsoft.ML.OnnxRuntime;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class OnnxRnnTests
{
    private const int Inputs = LearnedProximalOptimizer.NetworkInputs;
    private const int Outputs = LearnedProximalOptimizer.NetworkOutputs;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(6, 37)]
    [InlineData(10, 784)]
    [InlineData(20, 16)]
    public void Over_many_steps_ONNX_Runtime_the_managed_network_and_the_formulas_agree(int hidden, int dimension)
    {
        LearnedModel model = Models.DrawProximal(hidden);
        using var rnn = new OnnxRnn(model);
        Outcome onnx = new(rnn, dimension), managed = new(new ManagedRnn(model.Update), dimension);
        var naive = new NaiveRnn(model.Update, dimension);
        for (int t = 1; t <= 50; t++)
        {
            float[] inputs = Models.Normals(RandomKey.FromSeed(t), Inputs * dimension);

            onnx.Run(inputs);
            managed.Run(inputs);

            double[] expected = [.. naive.Run([.. inputs.Chunk(dimension).Select(row => row.Select(x => (double)x).ToArray())]).SelectMany(row => row)];
            onnx.Outputs.Zip(managed.Outputs, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-5f, $"step {t}");
            onnx.Outputs.Zip(expected, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-5, $"step {t}");
        }
    }

    [Fact]
    public void The_written_file_steps_many_problems_at_once_as_each_alone()
    {
        const int Problems = 3, Dimension = 7;
        LearnedModel model = Models.DrawProximal();
        using var folder = new TempFolder();
        OptimizerFile.Write(folder.File("o.onnx"), model);
        using var alone = new OnnxRnn(model);
        OnnxEnvironment.Open();
        using var session = new InferenceSession(folder.File("o.onnx"));
        int width = alone.StateLength(1);
        float[] features = Models.Normals(RandomKey.FromSeed(1), Problems * Inputs * Dimension);
        float[] states = Models.Normals(RandomKey.FromSeed(2), Problems * Dimension * width, 0.3f);
        Dictionary<string, OrtValue> inputs = new()
        {
            ["features"] = OrtValue.CreateTensorValueFromMemory(features, [Problems, Inputs, Dimension]),
            ["state"] = OrtValue.CreateTensorValueFromMemory(states, [Problems, Dimension, width]),
        };
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, inputs, ["outputs", "newState"]);

        for (int p = 0; p < Problems; p++)
        {
            float[] state = states[(p * Dimension * width)..((p + 1) * Dimension * width)];
            var output = new float[Outputs * Dimension];
            alone.Run(features.AsSpan(p * Inputs * Dimension, Inputs * Dimension), state, output);
            Largest(outputs[0].GetTensorDataAsSpan<float>().Slice(p * output.Length, output.Length), output).ShouldBeLessThan(1e-6f);
            Largest(outputs[1].GetTensorDataAsSpan<float>().Slice(p * state.Length, state.Length), state).ShouldBeLessThan(1e-6f);
        }

        foreach (OrtValue input in inputs.Values)
        {
            input.Dispose();
        }
    }

    [Fact]
    public void A_learned_optimizer_runs_the_same_on_both_kinds_of_network()
    {
        LearnedModel model = Models.DrawProximal();
        using var rnn = new OnnxRnn(model);

        SameRuns.ShouldBeNear(new LearnedProximalOptimizer("plus", model), new LearnedProximalOptimizer("plus", model, rnn));
    }

    [Fact]
    public void An_attack_on_an_image_runs_the_same_on_both_kinds_of_network()
    {
        LearnedModel model = Models.DrawProximal(scale: 0.05f) with { SeesImages = true, Directions = 12 };
        using var rnn = new OnnxRnn(model);
        double[][] traces = [Trace(new LearnedProximalOptimizer("plus", model)), Trace(new LearnedProximalOptimizer("plus", model, rnn))];

        traces[0].Length.ShouldBe(16);
        traces[0].Zip(traces[1], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-3 * traces[0][0]);

        static double[] Trace(IZerothOrderOptimizer optimizer)
        {
            const int Side = 6;
            var image = new float[Side * Side];
            Array.Fill(image, 0.5f);
            var objective = new AttackObjective(image, 0, 2, new AttackLoss()) { Shape = new Data.ImageShape(1, Side, Side) };
            var problem = new Problem("p", objective, optimizer, 1e-2f, RandomKey.FromSeed(1), new RunLimits { Iterations = 15 });
            using var oracle = new DelegateOracle(image.Length, 2, static (input, _, scores) =>
            {
                scores[0] = 3;
                for (int i = 0; i < input.Length; i++)
                {
                    scores[0] += 2 * MathF.Sin(i + 1) * (input[i] - 0.5f);
                }

                scores[1] = 0;
            });
            new BatchedEngine(oracle).Run([problem]);
            return problem.Trace.ToArray();
        }
    }

    [Theory]
    [InlineData(1, 28, 28)]
    [InlineData(3, 5, 18)]
    public void The_files_spatial_part_gives_the_deviations_that_attacks_have(int channels, int height, int width)
    {
        var shape = new Data.ImageShape(channels, height, width);
        LearnedModel model = Models.DrawProximal() with { SeesImages = true, Spatial = Models.DrawSpatial() };
        using var folder = new TempFolder();
        OptimizerFile.Write(folder.File("o.onnx"), model);
        OnnxEnvironment.Open();
        using var session = new InferenceSession(folder.File("o.onnx"));
        int d = shape.Length;
        var objective = new AttackObjective(Enumerable.Range(0, d).Select(i => (i % 11) / 10f).ToArray(), 0, 2, new AttackLoss()) { Shape = shape };
        var optimizer = new LearnedProximalOptimizer("plus", model);
        var step = new OptimizerStep(RandomKey.FromSeed(1), 3, 10, 1e-3f, objective);
        float[] theta = Models.Normals(RandomKey.FromSeed(2), d, 0.3f), memory = Models.Normals(RandomKey.FromSeed(3), d), update = Models.Normals(RandomKey.FromSeed(4), d, 0.1f);
        float[] state = new float[optimizer.StateLength(d)], maps = new float[SpatialWeights.Maps * height * width], scalars = new float[SpatialWeights.Scalars], deviation = new float[d];
        memory.CopyTo(state, state.Length - (4 * d) - 3);
        update.CopyTo(state, state.Length - d - 3);
        optimizer.See(step, theta, state, maps, scalars).ShouldBeTrue();
        float[] features = new float[Inputs], states = new float[2 * model.Hidden];
        Dictionary<string, OrtValue> inputs = new()
        {
            ["features"] = OrtValue.CreateTensorValueFromMemory(features, [1, Inputs, 1]),
            ["state"] = OrtValue.CreateTensorValueFromMemory(states, [1, 1, states.Length]),
            ["maps"] = OrtValue.CreateTensorValueFromMemory(maps, [1, SpatialWeights.Maps, height, width]),
            ["scalars"] = OrtValue.CreateTensorValueFromMemory(scalars, [1, SpatialWeights.Scalars]),
        };
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, inputs, ["logDeviation"]);
        float[] log = outputs[0].GetTensorDataAsSpan<float>().ToArray();

        model.Spatial!.Network.Deviation(shape, new SpatialView(step, optimizer.Directions, theta, memory, new float[d], update, false, 0), deviation);

        double r = Math.Sqrt(memory.Average(g => (double)g * g));
        double[] expected = [.. memory.Select((g, i) => Gate(i % (height * width)) + (Gate((height * width) + (i % (height * width))) * Math.Abs(g) / r))];
        double unit = Math.Sqrt(expected.Average(s => s * s));
        deviation.Zip(expected, (s, e) => Math.Abs((s * unit / e) - 1)).Max().ShouldBeLessThan(1e-4);

        foreach (OrtValue input in inputs.Values)
        {
            input.Dispose();
        }

        double Gate(int at) => Math.Exp(Math.Clamp(log[at], -4, 4));
    }

    [Fact]
    public void After_the_first_in_each_dimension_a_step_allocates_nothing()
    {
        using var rnn = new OnnxRnn(Models.DrawProximal());
        Outcome[] outcomes = [new(rnn, 100), new(rnn, 33)];
        float[][] inputs = [new float[Inputs * 100], new float[Inputs * 33]];
        Turns(2);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Turns(50);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Turns(int count)
        {
            for (int t = 0; t < count; t++)
            {
                outcomes[0].Run(inputs[0]);
                outcomes[1].Run(inputs[1]);
            }
        }
    }

    [Fact]
    public async Task Callers_at_once_in_several_dimensions_get_what_each_gets_alone()
    {
        using var rnn = new OnnxRnn(Models.DrawProximal());
        int[] dimensions = [30, 30, 5, 5];
        float[][] expected = [.. dimensions.Select(Run)];

        float[][] results = await Task.WhenAll(dimensions.Select(d => Task.Run(() => Run(d))));

        results.ShouldBe(expected);

        float[] Run(int dimension)
        {
            var outcome = new Outcome(rnn, dimension);
            for (int t = 0; t < 50; t++)
            {
                outcome.Run(Models.Normals(RandomKey.FromSeed(t), Inputs * dimension));
            }

            return outcome.Outputs;
        }
    }

    [Fact]
    public void Spans_of_other_lengths_are_refused_by_name_and_no_coordinates_are_none()
    {
        using var rnn = new OnnxRnn(Models.DrawProximal());
        int state = rnn.StateLength(4);

        Should.Throw<ArgumentException>(() => rnn.Run(new float[63], new float[state], new float[12])).ParamName.ShouldBe("inputs");
        Should.Throw<ArgumentException>(() => rnn.Run(new float[65], new float[state], new float[12])).ParamName.ShouldBe("inputs");
        Should.Throw<ArgumentException>(() => rnn.Run(new float[64], new float[state - 1], new float[12])).ParamName.ShouldBe("state");
        Should.Throw<ArgumentException>(() => rnn.Run(new float[64], new float[state], new float[13])).ParamName.ShouldBe("outputs");
        rnn.Run([], [], []);
    }

    [Fact]
    public void A_disposed_network_is_refused_and_may_be_disposed_again()
    {
        var rnn = new OnnxRnn(Models.DrawProximal());
        var outcome = new Outcome(rnn, 4);
        outcome.Run(new float[4 * Inputs]);

        rnn.Dispose();
        rnn.Dispose();

        Should.Throw<ObjectDisposedException>(() => outcome.Run(new float[4 * Inputs]));
    }

    [Fact]
    public void A_model_of_the_other_kind_is_refused()
    {
        Should.Throw<ArgumentException>(() => new OnnxRnn(Models.Draw())).Message.ShouldContain("Paper");
        Should.Throw<ArgumentException>(() => new OnnxStep(Models.DrawProximal())).Message.ShouldContain("Proximal");
    }

    private static float Largest(ReadOnlySpan<float> actual, float[] expected)
    {
        float largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(actual[i] - expected[i]));
        }

        return largest;
    }

    private sealed class Outcome(ICoordinatewiseRnn rnn, int dimension)
    {
        private readonly float[] _state = new float[rnn.StateLength(dimension)];

        public float[] Outputs { get; } = new float[OnnxRnnTests.Outputs * dimension];

        public void Run(float[] inputs) => rnn.Run(inputs, _state, Outputs);
    }
}

using MLNet.ZerothOrder.Training;
using Shouldly;
using TorchSharp;

namespace MLNet.ZerothOrder.Tests;

public sealed class TorchSharpBackendTests
{
    // In units of the largest entry. Both compute in float32; where a gradient has one entry, its terms may cancel.
    private const double Rounding = 1e-4;

    public TorchSharpBackendTests() => NeedsLibtorch.OrSkip();

    private static TorchSharpBackend Backend { get; } = new();

    /// <summary>I, H, K, has a skip connection, has biases, d, T.</summary>
    public static TheoryData<int, int, int, bool, bool, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, int, bool, bool, int, int>();
            foreach ((int i, int h, int k, bool skip, bool bias) in ((int, int, int, bool, bool)[])
                [(1, 10, 1, false, false), (2, 10, 1, false, false), (2, 3, 1, true, false), (1, 4, 2, false, true), (16, 12, 3, true, true)])
            {
                foreach ((int dimension, int steps) in ((int, int)[])[(1, 1), (15, 3), (16, 20), (17, 1), (50, 20)])
                {
                    cases.Add(i, h, k, skip, bias, dimension, steps);
                }
            }

            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_the_managed_backends(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension, int steps)
    {
        var task = new GradientCase(inputs, hidden, outputs, hasSkip, hasBias, dimension, steps);
        (float[] expectedOnWeights, float[] expectedOnInputs) = Gradients(new ManagedBackend(), task);

        (float[] onWeights, float[] onInputs) = Gradients(Backend, task);

        Error(onWeights, expectedOnWeights).ShouldBeLessThan(Rounding, "weights");
        Error(onInputs, expectedOnInputs).ShouldBeLessThan(Rounding, "inputs");
    }

    [SkippableFact]
    public void The_largest_network_has_its_gradients_too()
    {
        var task = new GradientCase(RnnWeights.MaxInputs, RnnWeights.MaxHidden, RnnWeights.MaxOutputs, true, true, 3, 2, weightScale: 0.05f);

        Error(Gradients(Backend, task).OnWeights, Gradients(new ManagedBackend(), task).OnWeights).ShouldBeLessThan(Rounding);
    }

    [SkippableFact]
    public void Weight_gradients_are_added_and_input_gradients_replaced()
    {
        var task = new GradientCase(5, 3, 2, true, true, 17, 3);
        (float[] onWeights, float[] onInputs) = Gradients(Backend, task);
        float[] before = [.. onWeights.Select((_, i) => i - 50.5f)], actual = [.. before];
        float[] actualOnInputs = [.. onInputs.Select(_ => float.NaN)];

        Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, actualOnInputs, actual);

        actual.ShouldBe([.. before.Zip(onWeights, (b, g) => b + g)]);
        actualOnInputs.ShouldBe(onInputs);
    }

    [SkippableFact]
    public void Weight_gradients_are_the_same_where_input_gradients_are_not_wanted()
    {
        var task = new GradientCase(2, 10, 1, true, true, 17, 4);
        var actual = new float[task.Weights.Values.Length];

        Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, default, actual);

        actual.ShouldBe(Gradients(Backend, task).OnWeights);
    }

    [SkippableFact]
    public void Nothing_given_is_changed()
    {
        GradientCase task = new(2, 10, 1, false, true, 17, 3), same = new(2, 10, 1, false, true, 17, 3);

        Gradients(Backend, task);

        task.Inputs.ShouldBe(same.Inputs);
        task.State.ShouldBe(same.State);
        task.OutputGradient.ShouldBe(same.OutputGradient);
        task.Weights.Values.ToArray().ShouldBe(same.Weights.Values.ToArray());
    }

    [SkippableFact]
    public void Twice_the_same_gives_the_same_bits()
    {
        var task = new GradientCase(16, 12, 3, true, true, 784, 20);
        (float[] onWeights, float[] onInputs) = Gradients(Backend, task);

        for (int i = 0; i < 3; i++)
        {
            (float[] again, float[] onInputsAgain) = Gradients(Backend, task);
            again.ShouldBe(onWeights);
            onInputsAgain.ShouldBe(onInputs);
        }
    }

    [SkippableFact]
    public async Task Callers_at_once_get_what_each_gets_alone()
    {
        var task = new GradientCase(12, 12, 3, true, true, 50, 20);
        float[] expected = Gradients(Backend, task).OnWeights;

        float[][] results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 10).Select(_ => Gradients(Backend, task).OnWeights).Last())));

        results.ShouldAllBe(result => result.SequenceEqual(expected));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_tensor_outlives_a_call(bool isRefused)
    {
        var task = new GradientCase(12, 12, 3, true, true, 50, 20);
        Gradients(Backend, task);
        using DisposeScope scope = torch.NewDisposeScope();
        long live = LiveTensors.Settled();
        long created = DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount;

        if (isRefused)
        {
            Should.Throw<ArgumentException>(() => Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, default, default));
        }
        else
        {
            Gradients(Backend, task);
        }

        LiveTensors.Now.ShouldBeLessThanOrEqualTo(live);
        scope.DisposablesCount.ShouldBe(0);
        (DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount - created > 100).ShouldBe(!isRefused);
    }

    [SkippableFact]
    public void Gradients_come_also_where_the_caller_has_turned_them_off()
    {
        var task = new GradientCase(2, 3, 1, false, false, 5, 3);
        float[] expected = Gradients(Backend, task).OnWeights;
        using IDisposable off = torch.no_grad();

        Gradients(Backend, task).OnWeights.ShouldBe(expected);
    }

    [SkippableFact]
    public void A_NaN_spoils_the_gradient_that_it_reaches()
    {
        var task = new GradientCase(1, 4, 1, false, false, 20, 3);
        task.OutputGradient[7] = float.NaN;

        Gradients(Backend, task).OnWeights.ShouldAllBe(g => float.IsNaN(g));
    }

    [SkippableFact]
    public void No_steps_and_no_coordinates_add_nothing()
    {
        RnnWeights weights = new GradientCase(1, 4, 1, false, false, 1, 1).Weights;
        float[] gradient = [.. weights.Values];

        Backend.Backward(weights, 0, default, new float[123], default, default, gradient);
        Backend.Backward(weights, 20, default, default, default, default, gradient);

        gradient.ShouldBe(weights.Values.ToArray());
    }

    [SkippableFact]
    public void Spans_of_other_lengths_are_refused_by_name()
    {
        GradientCase task = new(2, 3, 2, false, false, 17, 3);
        int count = task.Weights.Values.Length;

        Refused("inputs", t => Backend.Backward(t.Weights, 3, t.Inputs.AsSpan(1), t.State, t.OutputGradient, default, new float[count]));
        Refused("state", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State.AsSpan(1), t.OutputGradient, default, new float[count]));
        Refused("weightGradient", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State, t.OutputGradient, default, new float[count - 1]));

        void Refused(string name, Action<GradientCase> run) => Should.Throw<ArgumentException>(() => run(task)).ParamName.ShouldBe(name);
    }

    [SkippableFact]
    public void At_least_one_thread_is_asked_for() => Should.Throw<ArgumentOutOfRangeException>(() => new TorchSharpBackend(0)).ParamName.ShouldBe("threads");

    private static (float[] OnWeights, float[] OnInputs) Gradients(ITrainingBackend backend, GradientCase task)
    {
        var onWeights = new float[task.Weights.Values.Length];
        var onInputs = new float[task.Inputs.Length];
        backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, onInputs, onWeights);
        return (onWeights, onInputs);
    }

    private static double Error(float[] actual, float[] expected) =>
        actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Max() / expected.Max(e => Math.Abs((double)e));
}

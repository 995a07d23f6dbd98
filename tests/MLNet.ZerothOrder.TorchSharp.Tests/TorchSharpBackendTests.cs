using MLNet.ZerothOrder.Training;
using Shouldly;
using TorchSharp;

namespace MLNet.ZerothOrder.Tests;

public sealed class TorchSharpBackendTests : BackendContract
{
    // In units of the largest entry. Both compute in float32; where a gradient has one entry, its terms may cancel.
    private const double Rounding = 1e-4;

    private static readonly Lazy<TorchSharpBackend> Shared = new(() => new TorchSharpBackend());

    public TorchSharpBackendTests() => NeedsLibtorch.OrSkip();

    private protected override ITrainingBackend Backend => Shared.Value;

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

        (float[] onWeights, float[] onInputs) = Gradients(task);

        Error(onWeights, expectedOnWeights).ShouldBeLessThan(Rounding, "weights");
        Error(onInputs, expectedOnInputs).ShouldBeLessThan(Rounding, "inputs");
    }

    [SkippableFact]
    public void The_largest_network_has_its_gradients_too()
    {
        var task = new GradientCase(RnnWeights.MaxInputs, RnnWeights.MaxHidden, RnnWeights.MaxOutputs, true, true, 3, 2, weightScale: 0.05f);

        Error(Gradients(task).OnWeights, Gradients(new ManagedBackend(), task).OnWeights).ShouldBeLessThan(Rounding);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_tensor_outlives_a_call(bool isRefused)
    {
        var task = new GradientCase(12, 12, 3, true, true, 50, 20);
        Gradients(task);
        using DisposeScope scope = torch.NewDisposeScope();
        long live = LiveTensors.Settled();
        long created = DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount;

        if (isRefused)
        {
            Should.Throw<ArgumentException>(() => Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, default, default));
        }
        else
        {
            Gradients(task);
        }

        LiveTensors.Now.ShouldBeLessThanOrEqualTo(live);
        scope.DisposablesCount.ShouldBe(0);
        (DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount - created > 100).ShouldBe(!isRefused);
    }

    [SkippableFact]
    public void Gradients_come_also_where_the_caller_has_turned_them_off()
    {
        var task = new GradientCase(2, 3, 1, false, false, 5, 3);
        float[] expected = Gradients(task).OnWeights;
        using IDisposable off = torch.no_grad();

        Gradients(task).OnWeights.ShouldBe(expected);
    }

    [SkippableFact]
    public void At_least_one_thread_is_asked_for() => Should.Throw<ArgumentOutOfRangeException>(() => new TorchSharpBackend(0)).ParamName.ShouldBe("threads");

    private static double Error(float[] actual, float[] expected) =>
        actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Max() / expected.Max(e => Math.Abs((double)e));
}

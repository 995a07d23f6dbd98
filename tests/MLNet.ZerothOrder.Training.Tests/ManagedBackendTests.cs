using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ManagedBackendTests : BackendContract
{
    // In units of the largest entry. The backend computes in float32, with functions right to 3e-7, and sums up to 1000 products
    // in 16 lanes, which leaves 4e-7 in most of the cases below; where a gradient has one entry, its terms may cancel.
    private const double Rounding = 1e-5;

    private protected override ITrainingBackend Backend { get; } = new ManagedBackend();

    /// <summary>I, H, K, has a skip connection, has biases, d, T.</summary>
    public static TheoryData<int, int, int, bool, bool, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, int, bool, bool, int, int>();
            foreach ((int i, int h, int k, bool skip, bool bias) in ((int, int, int, bool, bool)[])
                [(1, 10, 1, false, false), (2, 10, 1, false, false), (5, 3, 2, true, true), (12, 12, 3, true, true)])
            {
                foreach (int dimension in (int[])[1, 15, 16, 17, 50])
                {
                    foreach (int steps in (int[])[1, 3, 20])
                    {
                        cases.Add(i, h, k, skip, bias, dimension, steps);
                    }
                }
            }

            return cases;
        }
    }

    /// <summary>Without those of many weights, coordinates and steps at once, in which two losses for each weight take too long.</summary>
    public static IEnumerable<object[]> SmallerCases => Cases.Cast<object[]>().Where(
        c => RnnWeights.Count((int)c[0], (int)c[1], (bool)c[4], (int)c[2], (bool)c[3]) * (int)c[5] * (int)c[6] <= 200_000);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_those_of_backpropagation_in_double_precision(
        int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension, int steps)
    {
        var task = new GradientCase(inputs, hidden, outputs, hasSkip, hasBias, dimension, steps);

        MustBeClose(task, NaiveGradient.ByBackpropagation(task), Rounding);
    }

    [Theory]
    [MemberData(nameof(SmallerCases))]
    public void Gradients_are_the_finite_differences_of_the_loss(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension, int steps)
    {
        var task = new GradientCase(inputs, hidden, outputs, hasSkip, hasBias, dimension, steps);

        MustBeClose(task, NaiveGradient.ByDifferences(task), Rounding);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_register_width_gives_the_same_bits(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension, int steps)
    {
        var task = new GradientCase(inputs, hidden, outputs, hasSkip, hasBias, dimension, steps);
        uint[] expected = Bits<ScalarLane>(task);

        Bits<Lanes128>(task).ShouldBe(expected);
        Bits<Lanes256>(task).ShouldBe(expected);
        Bits<Lanes512>(task).ShouldBe(expected);
    }

    [Fact]
    public void The_largest_network_has_its_gradients_too()
    {
        var task = new GradientCase(RnnWeights.MaxInputs, RnnWeights.MaxHidden, RnnWeights.MaxOutputs, true, true, 3, 2, weightScale: 0.05f);

        MustBeClose(task, NaiveGradient.ByBackpropagation(task), Rounding);
    }

    [Fact]
    public void Where_inputs_saturate_the_gates_gradients_are_still_right()
    {
        var task = new GradientCase(2, 10, 1, true, true, 20, 10, inputScale: 1e4f);

        MustBeClose(task, NaiveGradient.ByBackpropagation(task), Rounding);
    }

    [Fact]
    public void After_the_first_a_call_allocates_nothing()
    {
        var task = new GradientCase(12, 12, 3, true, true, 50, 20);
        (float[] onWeights, float[] onInputs) = Gradients(task);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, onInputs, onWeights);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static uint[] Bits<TLanes>(GradientCase task)
        where TLanes : struct, ILanes<TLanes>
    {
        PackedRnn rnn = task.Weights.Packed;
        var lanes = new float[RnnGradientKernel.GradientLength(rnn)];
        var onInputs = new float[task.Inputs.Length];
        new RnnGradientKernel(rnn, task.Steps, task.Inputs, task.State, task.OutputGradient, onInputs, lanes).Run<TLanes>();
        return [.. MemoryMarshal.Cast<float, uint>(lanes), .. MemoryMarshal.Cast<float, uint>(onInputs)];
    }

    private void MustBeClose(GradientCase task, NaiveGradient expected, double tolerance)
    {
        (float[] onWeights, float[] onInputs) = Gradients(task);

        Error(onWeights, expected.Weights).ShouldBeLessThan(tolerance, "weights");
        Error(onInputs, expected.Inputs).ShouldBeLessThan(tolerance, "inputs");
    }

    // In units of the largest entry.
    private static double Error(float[] actual, double[] expected) =>
        actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / expected.Max(Math.Abs);
}

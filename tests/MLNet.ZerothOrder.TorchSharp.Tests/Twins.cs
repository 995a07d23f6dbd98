using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Both backends at every call: the managed one's answer counts, and how far TorchSharp's is from it is kept.</summary>
internal sealed class Twins : ITrainingBackend
{
    private readonly Lock _gate = new();
    private readonly ManagedBackend _managed = new();
    private readonly TorchSharpBackend _torchSharp = new();

    public int Calls { get; private set; }

    /// <summary>Calls that asked for the inputs' gradient.</summary>
    public int InputCalls { get; private set; }

    /// <summary>The largest distance of an entry, in units of the call's largest one.</summary>
    public double Difference { get; private set; }

    public void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        float[] onInputs = new float[inputGradient.Length], onWeights = weightGradient.ToArray();
        _managed.Backward(weights, steps, inputs, state, outputGradient, inputGradient, weightGradient);
        _torchSharp.Backward(weights, steps, inputs, state, outputGradient, onInputs, onWeights);
        lock (_gate)
        {
            Calls++;
            InputCalls += inputGradient.IsEmpty ? 0 : 1;
            Difference = Math.Max(Difference, Math.Max(Between(onWeights, weightGradient), Between(onInputs, inputGradient)));
        }
    }

    private static double Between(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double largest = 0, distance = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
            distance = Math.Max(distance, Math.Abs((double)actual[i] - expected[i]));
        }

        return distance == 0 ? 0 : distance / largest;
    }
}

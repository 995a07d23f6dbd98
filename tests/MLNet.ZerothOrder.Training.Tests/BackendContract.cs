using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What every backend does, whatever computes its gradients. A backend that does not load everywhere skips itself in its constructor.</summary>
public abstract class BackendContract
{
    /// <summary>The backend.</summary>
    private protected abstract ITrainingBackend Backend { get; }

    [SkippableFact]
    public void Weight_gradients_are_added_and_input_gradients_replaced()
    {
        var task = new GradientCase(5, 3, 2, true, true, 17, 3);
        (float[] onWeights, float[] onInputs) = Gradients(task);
        float[] before = [.. onWeights.Select((_, i) => i - 50.5f)], actual = [.. before];
        float[] actualOnInputs = [.. onInputs.Select(_ => float.NaN)];

        Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, actualOnInputs, actual);

        actual.ShouldBe([.. before.Zip(onWeights, (b, g) => b + g)]);
        actualOnInputs.ShouldBe(onInputs);
    }

    [SkippableTheory]
    [InlineData(1, 10, false)]
    [InlineData(5, 3, true)]
    [InlineData(1, 1, true)]
    public void Weight_gradients_are_the_same_where_input_gradients_are_not_wanted(int inputs, int hidden, bool hasSkip)
    {
        var task = new GradientCase(inputs, hidden, 2, hasSkip, true, 17, 4);
        var actual = new float[task.Weights.Values.Length];

        Backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, default, actual);

        actual.ShouldBe(Gradients(task).OnWeights);
    }

    [SkippableFact]
    public void Nothing_given_is_changed()
    {
        GradientCase task = new(2, 10, 1, false, true, 17, 3), same = new(2, 10, 1, false, true, 17, 3);

        Gradients(task);

        task.Inputs.ShouldBe(same.Inputs);
        task.State.ShouldBe(same.State);
        task.OutputGradient.ShouldBe(same.OutputGradient);
        task.Weights.Values.ToArray().ShouldBe(same.Weights.Values.ToArray());
    }

    [SkippableFact]
    public void Twice_the_same_gives_the_same_bits()
    {
        var task = new GradientCase(16, 12, 3, true, true, 784, 20);
        (float[] onWeights, float[] onInputs) = Gradients(task);

        for (int i = 0; i < 3; i++)
        {
            (float[] again, float[] onInputsAgain) = Gradients(task);
            again.ShouldBe(onWeights);
            onInputsAgain.ShouldBe(onInputs);
        }
    }

    [SkippableFact]
    public async Task Callers_at_once_get_what_each_gets_alone()
    {
        var task = new GradientCase(12, 12, 3, true, true, 50, 20);
        float[] expected = Gradients(task).OnWeights;

        float[][] results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 10).Select(_ => Gradients(task).OnWeights).Last())));

        results.ShouldAllBe(result => result.SequenceEqual(expected));
    }

    [SkippableFact]
    public void A_NaN_spoils_the_gradient_that_it_reaches()
    {
        var task = new GradientCase(1, 4, 1, false, false, 20, 3);
        task.OutputGradient[7] = float.NaN;

        Gradients(task).OnWeights.ShouldAllBe(g => float.IsNaN(g));
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

        Refused("outputGradient", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State, t.OutputGradient.AsSpan(1), default, new float[count]));
        Refused("inputs", t => Backend.Backward(t.Weights, 3, t.Inputs.AsSpan(1), t.State, t.OutputGradient, default, new float[count]));
        Refused("state", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State.AsSpan(1), t.OutputGradient, default, new float[count]));
        Refused("inputGradient", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State, t.OutputGradient, new float[1], new float[count]));
        Refused("weightGradient", t => Backend.Backward(t.Weights, 3, t.Inputs, t.State, t.OutputGradient, default, new float[count - 1]));
        Refused("steps", t => Backend.Backward(t.Weights, -1, t.Inputs, t.State, t.OutputGradient, default, new float[count]));

        void Refused(string name, Action<GradientCase> run) => Should.Throw<ArgumentException>(() => run(task)).ParamName.ShouldBe(name);
    }

    private protected (float[] OnWeights, float[] OnInputs) Gradients(GradientCase task) => Gradients(Backend, task);

    private protected static (float[] OnWeights, float[] OnInputs) Gradients(ITrainingBackend backend, GradientCase task)
    {
        var onWeights = new float[task.Weights.Values.Length];
        var onInputs = new float[task.Inputs.Length];
        backend.Backward(task.Weights, task.Steps, task.Inputs, task.State, task.OutputGradient, onInputs, onWeights);
        return (onWeights, onInputs);
    }
}

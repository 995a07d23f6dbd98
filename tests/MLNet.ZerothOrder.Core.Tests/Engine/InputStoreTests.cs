using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class InputStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inputs_beyond_the_limit_come_back_bit_for_bit_from_a_file_without_a_name()
    {
        var store = new InputStore(_folder.Path, mostFloats: 10);
        float[][] inputs = [.. Enumerable.Range(1, 6).Select(i => Enumerable.Range(0, i).Select(j => BitConverter.Int32BitsToSingle((1000 * i) + j)).ToArray())];

        InputStore.Kept[] kept = [.. inputs.Select(store.Keep)];

        kept.Zip(inputs).Count(pair => ReferenceEquals(pair.First.Read(), pair.Second)).ShouldBe(4, "1 + 2 + 3 + 4 floats fit");
        kept.Select(k => k.Read().Select(BitConverter.SingleToInt32Bits).ToArray()).ShouldBe(inputs.Select(input => input.Select(BitConverter.SingleToInt32Bits).ToArray()));
        if (!OperatingSystem.IsWindows())
        {
            Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Where_no_file_can_be_made_inputs_stay_in_memory()
    {
        var store = new InputStore(System.IO.Path.Combine(_folder.Path, "missing"), mostFloats: 0);
        float[] input = [1, 2];
        store.Keep(input).Read().ShouldBeSameAs(input);
    }

    [Fact]
    public void An_ended_problem_whose_inputs_are_in_a_file_has_the_same_results_and_record()
    {
        Problem[] ran = [.. Enumerable.Range(0, 8).Select(Make)];
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run(ran);
        ran.ShouldContain(problem => problem.IsSolved);
        byte[][] records = [.. ran.Select(problem => problem.Save())];

        Problem[] restored = [.. Enumerable.Range(0, ran.Length).Select(Make)];
        for (int i = 0; i < ran.Length; i++)
        {
            restored[i].Load(records[i], "the run");
            restored[i].KeepIn(new InputStore(_folder.Path, mostFloats: 0));
        }

        restored.Select(Outcome.Of).ShouldBe(ran.Select(Outcome.Of));
        restored.Select(problem => problem.Save()).ShouldBe(records);
    }

    private static Problem Make(int number) => Bowl.Problem(number, new RunLimits { Iterations = 30 }, goal: 0.5);
}

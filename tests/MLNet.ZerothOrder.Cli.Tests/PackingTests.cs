using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Problems are the same byte for byte, however their queries are packed.</summary>
public sealed class PackingTests : IDisposable
{
    private readonly TinyTask _task = new();

    public static TheoryData<int, int> Packings
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (int rows in new[] { 1, 21, 147, 2100 })
            {
                data.Add(rows, 1);
                data.Add(rows, 2);
            }

            return data;
        }
    }

    public void Dispose() => _task.Dispose();

    [Theory]
    [MemberData(nameof(Packings))]
    public void Batches_and_threads_do_not_change_problems(int rows, int threads)
    {
        string expected = _task.Attack().Done().Document.ProblemText();

        _task.Attack("--batch", $"{rows}", "--threads", $"{threads}").Done().Document.ProblemText().ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void Batches_and_threads_do_not_change_problems_of_a_convolutional_network(int rows, int threads)
    {
        Digits("--batch", $"{rows}", "--threads", $"{threads}").ShouldBe(Digits());
    }

    [Fact]
    public void Images_run_alone_as_they_do_together()
    {
        string[] together = [.. _task.Attack().Done().Document.Problems().Select(p => p.GetRawText())];
        for (int i = 0; i < TinyTask.Count; i++)
        {
            string index = _task.Text("index.txt", $"{i}");
            _task.Attack("--indices", index).Done().Document.Problems().Single().GetRawText().ShouldBe(together[i]);
        }
    }

    [Fact]
    public void Skipped_and_reordered_images_keep_their_problems()
    {
        string[] together = [.. _task.Attack().Done().Document.Problems().Select(p => p.GetRawText())];
        string[] rest = [.. _task.Attack("--skip", "15").Done().Document.Problems().Select(p => p.GetRawText())];
        string backwards = _task.Text("index.txt", string.Join('\n', Enumerable.Range(0, TinyTask.Count).Reverse()));

        rest.ShouldBe(together[15..]);
        _task.Attack("--indices", backwards).Done().Document.Problems().Select(p => p.GetRawText()).ShouldBe(together.Reverse());
    }

    private string Digits(params string[] more) => Zo.Run([
        "attack", "--json", "--model", Zo.LeNet, "--count", "3", "--iterations", "4", "--smoothing", "0.0001", "--out", _task.Out, .. more]).Done().Document.ProblemText();
}

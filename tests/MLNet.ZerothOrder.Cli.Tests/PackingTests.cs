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
    public void BatchesAndThreadsDoNotChangeProblems(int rows, int threads)
    {
        string expected = _task.Attack().Done().Document.ProblemText();

        Assert.Equal(expected, _task.Attack("--batch", $"{rows}", "--threads", $"{threads}").Done().Document.ProblemText());
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void BatchesAndThreadsDoNotChangeProblemsOfAConvolutionalNetwork(int rows, int threads)
    {
        Assert.Equal(Digits(), Digits("--batch", $"{rows}", "--threads", $"{threads}"));
    }

    [Fact]
    public void ImagesRunAloneAsTheyDoTogether()
    {
        string[] together = [.. _task.Attack().Done().Document.Problems().Select(p => p.GetRawText())];
        for (int i = 0; i < TinyTask.Count; i++)
        {
            string index = _task.Text("index.txt", $"{i}");
            Assert.Equal(together[i], _task.Attack("--indices", index).Done().Document.Problems().Single().GetRawText());
        }
    }

    [Fact]
    public void SkippedAndReorderedImagesKeepTheirProblems()
    {
        string[] together = [.. _task.Attack().Done().Document.Problems().Select(p => p.GetRawText())];
        string[] rest = [.. _task.Attack("--skip", "15").Done().Document.Problems().Select(p => p.GetRawText())];
        string backwards = _task.Text("index.txt", string.Join('\n', Enumerable.Range(0, TinyTask.Count).Reverse()));

        Assert.Equal(together[15..], rest);
        Assert.Equal(together.Reverse(), _task.Attack("--indices", backwards).Done().Document.Problems().Select(p => p.GetRawText()));
    }

    private string Digits(params string[] more) => Zo.Run([
        "attack", "--json", "--model", Zo.LeNet, "--count", "3", "--iterations", "4", "--smoothing", "0.0001", "--out", _task.Out, .. more]).Done().Document.ProblemText();
}

using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class BundledTargetTests
{
    public static TheoryData<string> Targets => ["mnist-lenet.onnx", "mnist-cnn.onnx", "cifar10-cnn.onnx", "cifar10-small.onnx"];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Scores_do_not_depend_on_packing_bit_for_bit(string target)
    {
        using var oracle = Load(target);
        using var whole = oracle.CreateBatch(84);
        Fill(whole, 84, first: 0);
        oracle.Score(whole);
        using var batch = oracle.CreateBatch(84);
        for (int rows = 1; rows <= 84; rows++)
        {
            // The rows stand at other places than in the whole batch, and in another order.
            Fill(batch, rows, first: 84 - rows);
            oracle.Score(batch);
            for (int row = 0; row < rows; row++)
            {
                Bits(batch.Score(row)).ShouldBe(Bits(whole.Score(84 - rows + row)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Two_callers_at_once_score_as_one_does(string target)
    {
        using var oracle = Load(target);
        using var alone = oracle.CreateBatch(42);
        Fill(alone, 42, first: 0);
        oracle.Score(alone);
        uint[] expected = Bits(alone.Scores.Span);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            using var batch = oracle.CreateBatch(42);
            for (int round = 0; round < 5; round++)
            {
                Fill(batch, 42, first: 0);
                oracle.Score(batch);
                Bits(batch.Scores.Span).ShouldBe(expected);
            }
        })));
        (oracle.NativeCalls, oracle.NativeRows).ShouldBe((11, 11 * 42));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void After_warm_up_scoring_allocates_nothing(string target)
    {
        using var oracle = Load(target);
        using var batch = oracle.CreateBatch(21);
        long allocated = 0;
        for (int round = 0; round < 40; round++)
        {
            Fill(batch, 1 + (round % 4 * 5), first: round);
            long before = GC.GetAllocatedBytesForCurrentThread();
            oracle.Score(batch);
            allocated = round < 20 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
        }

        allocated.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void The_target_takes_unit_pixels_and_gives_logits(string target)
    {
        using var oracle = Load(target);
        ImageShape shape = target.StartsWith("cifar10", StringComparison.Ordinal) ? new(3, 32, 32) : new(1, 28, 28);
        (oracle.Info.Image, oracle.Info.Classes, oracle.Info.FixedRows).ShouldBe((shape, 10, null));
        (oracle.Info.Scores, oracle.Info.Encoding).ShouldBe((ScoreKind.Logits, PixelEncoding.Unit));
    }

    private static OnnxClassifierOracle Load(string target) => OnnxClassifierOracle.Load(BundledFile.Path(target));

    private static void Fill(QueryBatch batch, int rows, int first)
    {
        batch.Rows = rows;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < batch.InputLength; i++)
            {
                batch.Input(row)[i] = RandomKey.FromSeed(first + row).Derive((ulong)i).Value / (float)ulong.MaxValue;
            }
        }
    }

    private static uint[] Bits(ReadOnlySpan<float> scores) => System.Runtime.InteropServices.MemoryMarshal.Cast<float, uint>(scores).ToArray();
}

using MLNet.ZerothOrder.Lab;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_throughput_of_ONNX_Runtime_alone_is_that_of_the_best_setting()
    {
        using OnnxClassifierOracle oracle = Tiny();
        Throughput throughput = Throughput.OfOracle(oracle);

        throughput.Grid.ShouldAllBe(setting => setting.RowsPerSecond > 0);
        throughput.OracleRowsPerSecond.ShouldBe(throughput.Grid.Max(setting => setting.RowsPerSecond));
        throughput.Best.RowsPerSecond.ShouldBe(throughput.OracleRowsPerSecond);
        (throughput.Efficiency, throughput.AttackQueriesPerSecond).ShouldBe((null, null));
        throughput.ToJson().ShouldNotContain("efficiency");
    }

    [Fact]
    public void A_model_of_a_fixed_batch_is_called_with_that_batch_alone()
    {
        using OnnxClassifierOracle oracle = Tiny(new TinyClassifier { Rows = 4 });
        Throughput throughput = Throughput.OfOracle(oracle);

        throughput.Grid.ShouldAllBe(setting => setting.Rows == 4 && setting.RowsPerSecond > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_composed_graph_makes_the_same_steps_as_rows_do(bool corrects)
    {
        using OnnxClassifierOracle oracle = Tiny();
        GraphTimes times = GraphTimes.Measure(oracle, images: 3, directions: 5, corrects);

        (times.Images, times.QueriesPerStep, times.Ways.Count).ShouldBe((3, 6, 3));
        times.Ways.ShouldAllBe(way => way.MicrosecondsPerStep > 0 && way.LossDifference <= 1e-5 && way.EstimateDifference <= 1e-2);
        (times.Ways[0].Name, times.Ways[0].EstimateDifference).ShouldBe(("row by row", 0));
    }

    [Fact]
    public void Steps_are_timed_as_the_library_and_as_ONNX_Runtime_compute_them()
    {
        string file = TinyOptimizer.Save(_folder.File("o.onnx"));
        StepTimes times = StepTimes.Measure(file, 50);

        (times.Optimizer, times.Networks, times.Hidden, times.Dimension).ShouldBe((file, "UpdateRNN, QueryRNN", 4, 50));
        times.ManagedNanosecondsPerCoordinate.ShouldBeGreaterThan(0);
        times.OnnxNanosecondsPerCoordinate.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_parts_of_a_truncation_are_shorter_than_all_of_it()
    {
        UnrollTimes times = UnrollTimes.Measure(new ManagedBackend(), "managed", 50);

        (times.Backend, times.Hidden, times.Steps, times.Dimension).ShouldBe(("managed", 10, 20, 50));
        times.Unrolls.ShouldBeGreaterThanOrEqualTo(5);
        new[] { times.ForwardMilliseconds, times.BackwardMilliseconds, times.AdamMilliseconds }.ShouldAllBe(part => part > 0 && part <= times.Milliseconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void The_memory_of_an_attack_is_what_it_adds_to_ONNX_Runtime_alone(int images)
    {
        using OnnxClassifierOracle oracle = Tiny();
        MemoryPeaks peaks = MemoryPeaks.Measure(oracle, new OptimizerRegistry().Create("zo-prox"), images);

        (peaks.Images, peaks.Dimension, peaks.Optimizer).ShouldBe((images, oracle.InputLength, "zo-prox"));
        peaks.OnnxRuntimeMegabytes.ShouldBeInRange(1, peaks.Megabytes);
        peaks.MegabytesOverOnnxRuntime.ShouldBe(peaks.Megabytes - peaks.OnnxRuntimeMegabytes, 1e-9);
    }

    [Fact]
    public void The_overhead_of_a_query_is_measured_at_the_settings_asked_for()
    {
        QueryOverheads overheads = QueryOverheads.Measure("zo-sgd", dimension: 30, directions: 4, images: 3);

        QueryOverheads.Measurement measured = overheads.Measurements.ShouldHaveSingleItem();
        (measured.Dimension, measured.Directions, measured.Images).ShouldBe((30, 4, 3));
        measured.NanosecondsPerQuery.ShouldBeInRange(1, 1e9);
        measured.NanosecondsPerCoordinate.ShouldBe(measured.NanosecondsPerQuery / 30);
    }

    [Fact]
    public void A_cancelled_benchmark_throws()
    {
        using OnnxClassifierOracle oracle = Tiny();

        Should.Throw<OperationCanceledException>(() => Throughput.OfAttack(oracle, new OptimizerRegistry().Create("zo-adam"), cancellation: new CancellationToken(canceled: true)));
    }

    private OnnxClassifierOracle Tiny(TinyClassifier? classifier = null) => OnnxClassifierOracle.Load((classifier ?? new TinyClassifier()).Save(_folder.File("m.onnx")));
}

using BenchmarkDotNet.Attributes;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Benchmarks;

/// <summary>One step of UpdateRNN and QueryRNN, in managed code and through ONNX Runtime's LSTM.</summary>
[MemoryDiagnoser]
public class StepBenchmark
{
    private float[] _gradient = [], _state = [], _update = [], _deviation = [];
    private ManagedStep? _managed;
    private OnnxStep? _onnx;
    private float[] _onnxState = [];

    [Params(784, 3072)]
    public int Dimension { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        LearnedModel model = OptimizerFile.Describe(BundledOptimizers.Read("zo-lstm-mnist"), "zo-lstm-mnist").Model;
        _managed = new ManagedStep(model);
        _onnx = new OnnxStep(model);
        _gradient = new float[Dimension];
        CounterRandom.Normals(RandomKey.FromSeed(1), _gradient);
        _update = new float[Dimension];
        _deviation = new float[Dimension];
        _state = new float[_managed.StateLength(Dimension)];
        _onnxState = new float[_onnx.StateLength(Dimension)];
    }

    [GlobalCleanup]
    public void Cleanup() => _onnx!.Dispose();

    [Benchmark(Baseline = true)]
    public void Managed() => _managed!.Run(_gradient, default, 1, _state, _update, _deviation);

    [Benchmark]
    public void Onnx() => _onnx!.Run(_gradient, default, 1, _onnxState, _update, _deviation);
}

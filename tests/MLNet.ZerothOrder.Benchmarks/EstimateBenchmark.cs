using BenchmarkDotNet.Attributes;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Benchmarks;

/// <summary>What a step costs besides its queries: the perturbed images, and the estimate from their losses.</summary>
[MemoryDiagnoser]
public class EstimateBenchmark
{
    private const int Directions = 20;
    private readonly GradientEstimator _estimator = new(new GaussianSampler());
    private float[] _theta = [], _directions = [], _gradient = [], _point = [], _image = [];
    private Evaluation[] _answers = [];

    [Params(784, 3072)]
    public int Dimension { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _theta = new float[Dimension];
        _gradient = new float[Dimension];
        _point = new float[Dimension];
        _image = new float[Dimension];
        _directions = new float[Directions * Dimension];
        CounterRandom.Normals(RandomKey.FromSeed(1), _directions);
        _answers = [.. Enumerable.Range(0, Directions + 1).Select(i => new Evaluation(i, i, false))];
    }

    [Benchmark]
    public void Perturb()
    {
        for (int i = 0; i < Directions; i++)
        {
            SimdKernels.ScaledAdd(_theta, 1e-4f, _directions.AsSpan(i * Dimension, Dimension), _point);
            SimdKernels.AddClip(_image, _point, _point);
        }
    }

    [Benchmark]
    public void Combine() => _estimator.Combine(_directions, _answers, 1e-4f, _gradient);
}

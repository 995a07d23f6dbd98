using BenchmarkDotNet.Attributes;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Benchmarks;

/// <summary>Keyed standard normals, a step's directions at a time.</summary>
[MemoryDiagnoser]
public class NormalsBenchmark
{
    private float[] _values = [];

    /// <summary>q × d of the MNIST and the CIFAR-10 attack.</summary>
    [Params(20 * 784, 50 * 3072)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Setup() => _values = new float[Count];

    [Benchmark]
    public void Normals() => CounterRandom.Normals(RandomKey.FromSeed(1), _values);
}

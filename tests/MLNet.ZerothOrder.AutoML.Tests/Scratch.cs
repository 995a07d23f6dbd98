using Microsoft.ML.AutoML;
using Xunit.Abstractions;
namespace MLNet.ZerothOrder.Tests;
public sealed class Scratch(ITestOutputHelper output)
{
    [Fact]
    public void Compare()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (int trials in new[] { 20, 40 })
        {
            var ours = new List<double>(); var random = new List<double>(); var cfo = new List<double>();
            for (int seed = 0; seed < 10; seed++)
            {
                using var sweep = new FastTreeSweep(seed % 5);
                ours.Add(FastTreeSweep.Experiment(sweep, seed, trials).SetZerothOrderTuner().Run().Loss);
                random.Add(FastTreeSweep.Experiment(sweep, seed, trials).SetRandomSearchTuner(seed: seed).Run().Loss);
                cfo.Add(FastTreeSweep.Experiment(sweep, seed, trials).SetCostFrugalTuner().Run().Loss);
            }
            output.WriteLine($"{trials}: ours {ours.Average():F4} random {random.Average():F4} cfo {cfo.Average():F4} wins {ours.Zip(random).Count(p => p.First < p.Second)} {clock.Elapsed}");
            output.WriteLine(string.Join(" ", ours.Zip(random, (a, b) => $"{a:F3}/{b:F3}")));
        }
    }
}

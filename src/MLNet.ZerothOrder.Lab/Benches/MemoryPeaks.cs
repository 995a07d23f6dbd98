using System.Diagnostics;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Peak memory of an attack with many images in flight, over that of ONNX Runtime alone in the same process.</summary>
/// <param name="MegabytesOverOnnxRuntime">What the attack adds.</param>
/// <param name="Megabytes">The process's peak with the attack.</param>
/// <param name="OnnxRuntimeMegabytes">The process's peak before the attack, after as many parallel calls as the attack makes.</param>
/// <param name="Images">Images in flight.</param>
/// <param name="Dimension">Values of an image.</param>
/// <param name="Optimizer">The optimizer's name.</param>
public sealed record MemoryPeaks(double MegabytesOverOnnxRuntime, double Megabytes, double OnnxRuntimeMegabytes, int Images, int Dimension, string Optimizer) : BenchResult
{
    private const int Iterations = 3;

    /// <summary>Measures this process, whose peak is that of all it did so far.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="optimizer">The attack's optimizer.</param>
    /// <param name="images">Images in flight.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    public static MemoryPeaks Measure(OnnxClassifierOracle oracle, IZerothOrderOptimizer optimizer, int images, CancellationToken cancellation = default)
    {
        ImageSet noise = Noise.Images(oracle, oracle.Info.Image, Math.Max(images, oracle.PreferredRows));
        Parallel.For(0, oracle.Concurrency, _ => oracle.ScoreRows(noise.Count, (row, input) => noise.Image(row).Span.CopyTo(input), cancellation: cancellation));
        GC.Collect();
        double alone = Peak();
        Noise.Attack(oracle, optimizer, noise, images, Iterations, cancellation);
        double peak = Peak();
        return new MemoryPeaks(peak - alone, peak, alone, images, oracle.InputLength, optimizer.Name);
    }

    private static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }
}

using System.Diagnostics;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The peak memory of an attack with many images in flight, and how much of it ONNX Runtime alone does not need in the same process.</summary>
/// <param name="MegabytesOverOnnxRuntime">The memory that the attack adds to that of ONNX Runtime alone.</param>
/// <param name="Megabytes">The peak of the process with the attack.</param>
/// <param name="OnnxRuntimeMegabytes">The peak of the process before the attack, after as many parallel calls as the attack makes.</param>
/// <param name="Images">The number of images in flight.</param>
/// <param name="Dimension">d, the number of values of an image.</param>
/// <param name="Optimizer">The name of the optimizer.</param>
public sealed record MemoryPeaks(double MegabytesOverOnnxRuntime, double Megabytes, double OnnxRuntimeMegabytes, int Images, int Dimension, string Optimizer) : BenchResult
{
    private const int Iterations = 3;

    /// <summary>Measures this process. The peak of a process never falls, so earlier work must have needed less memory.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="optimizer">The optimizer of the attack.</param>
    /// <param name="images">The number of images in flight.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
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

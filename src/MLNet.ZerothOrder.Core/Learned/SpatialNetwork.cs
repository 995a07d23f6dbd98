using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Computes the network of <see cref="SpatialWeights"/> in managed code, with the same bits on every register width. Thread-safe; it allocates nothing after the first run of a size.</summary>
internal sealed class SpatialNetwork
{
    private const int Layers = 4;

    private readonly float[][] _weights = new float[Layers][];
    private readonly float[][] _biases = new float[Layers][];
    private readonly float[] _ofScalars = [];

    /// <param name="values">The weights in the order of <see cref="SpatialWeights.Values"/>.</param>
    public SpatialNetwork(ReadOnlySpan<float> values)
    {
        int at = 0, layer = -1;
        foreach ((_, int[] shape) in SpatialWeights.Tensors)
        {
            int inputs = shape.Skip(1).Aggregate(1, (product, side) => product * side);
            ReadOnlySpan<float> tensor = values.Slice(at, shape[0] * inputs);
            at += tensor.Length;
            switch (shape.Length)
            {
                case 1:
                    _biases[layer] = new float[SpatialKernel.Outputs];
                    tensor.CopyTo(_biases[layer]);
                    break;
                case 2:
                    _ofScalars = tensor.ToArray();
                    break;
                default:
                    // The kernel reads the weights of all outputs together. There are fewer outputs in the end, whose planes nobody reads.
                    float[] weights = _weights[++layer] = new float[SpatialKernel.Outputs * inputs];
                    for (int i = 0; i < tensor.Length; i++)
                    {
                        weights[(i % inputs * SpatialKernel.Outputs) + (i / inputs)] = tensor[i];
                    }

                    break;
            }
        }
    }

    /// <summary>The scalars of a step.</summary>
    /// <param name="step">The step, which is not finished yet.</param>
    /// <param name="directions">q.</param>
    /// <param name="d">d.</param>
    /// <param name="rms">r; 0 while there is no estimate.</param>
    /// <param name="solved">Whether a query has solved the problem.</param>
    /// <param name="lambda">The last step's λ.</param>
    /// <param name="scalars">Receives them.</param>
    public static void Share(in OptimizerStep step, int directions, int d, double rms, bool solved, float lambda, Span<float> scalars)
    {
        int before = step.Number - 1;
        scalars[0] = (float)Math.Log(1 + ((double)before * directions / d));
        scalars[1] = (float)(0.3 * Math.Log((double)directions / d));
        scalars[2] = (float)Math.Exp(-before / 4.0);
        scalars[3] = rms > 0 ? (float)(0.3 * Math.Log((step.Objective.Known!.Weight / rms) + 1e-3)) : 0;
        scalars[4] = solved ? 1 : 0;
        scalars[5] = lambda;
    }

    /// <summary>Runs the network.</summary>
    /// <param name="planes">The layout of the planes.</param>
    /// <param name="scalars">The scalars.</param>
    /// <param name="maps">The planes of the maps, with borders of zeros.</param>
    /// <param name="scratch">Scratch memory: 8 planes of zeros.</param>
    /// <param name="outputs">8 planes of zeros. The first two receive o₁ and o₂.</param>
    public void Run(SpatialPlanes planes, ReadOnlySpan<float> scalars, ReadOnlySpan<float> maps, Span<float> scratch, Span<float> outputs)
    {
        Span<float> bias = stackalloc float[SpatialWeights.Channels];
        for (int o = 0; o < bias.Length; o++)
        {
            bias[o] = _biases[0][o];
            for (int i = 0; i < scalars.Length; i++)
            {
                bias[o] = MathF.FusedMultiplyAdd(_ofScalars[(o * scalars.Length) + i], scalars[i], bias[o]);
            }
        }

        WidestLanes.Run(new SpatialKernel(planes, SpatialWeights.Maps, 1, _weights[0], bias, maps, default, scratch));
        WidestLanes.Run(new SpatialKernel(planes, SpatialWeights.Channels, 2, _weights[1], _biases[1], scratch, scratch, outputs));
        WidestLanes.Run(new SpatialKernel(planes, SpatialWeights.Channels, 4, _weights[2], _biases[2], outputs, outputs, scratch));
        WidestLanes.Run(new SpatialKernel(planes, SpatialWeights.Channels, 0, _weights[3], _biases[3], scratch, default, outputs));
    }

    /// <summary>Writes the deviations of a step's directions, with a mean square of 1.</summary>
    /// <param name="shape">The size of the image.</param>
    /// <param name="view">What the network sees.</param>
    /// <param name="deviation">Receives σ, d floats.</param>
    public void Deviation(ImageShape shape, in SpatialView view, Span<float> deviation)
    {
        var planes = new SpatialPlanes(shape.Height, shape.Width);
        int maps = SpatialWeights.Maps * planes.Length, layer = SpatialKernel.Outputs * planes.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(maps + (2 * layer));
        Span<float> all = rented.AsSpan(0, maps + (2 * layer)), outputs = all[(maps + layer)..];
        all.Clear();
        Span<float> scalars = stackalloc float[SpatialWeights.Scalars];
        view.Write(shape, planes, all[..maps], scalars);
        Run(planes, scalars, all[..maps], all.Slice(maps, layer), outputs);
        WidestLanes.Run(new SpatialDeviation(shape, planes, outputs, view.Memory, view.ByMemory, deviation));
        ArrayPool<float>.Shared.Return(rented);
        TensorPrimitives.Multiply(deviation, (float)Math.Sqrt(deviation.Length / SimdKernels.SumOfSquares(deviation)), deviation);
    }
}

using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A layer of a <see cref="StudentNetwork"/>: a convolution, or a linear layer on all values.</summary>
/// <param name="From">The input.</param>
/// <param name="To">The output; a linear layer has outputs of one pixel.</param>
/// <param name="Kernel">The side of the kernel; 0 for a linear layer.</param>
/// <param name="Stride">The distance between two windows.</param>
/// <param name="Padding">The rows and columns of zeros on each side.</param>
public sealed record StudentLayer(ImageShape From, ImageShape To, int Kernel, int Stride, int Padding)
{
    /// <summary>Whether the layer is linear.</summary>
    public bool IsLinear => Kernel == 0;

    /// <summary>Out × in × kernel × kernel of a convolution, out × in of a linear layer.</summary>
    public int[] Shape => IsLinear ? [To.Channels, From.Length] : [To.Channels, From.Channels, Kernel, Kernel];

    /// <summary>The weights without the biases.</summary>
    public int Weights => Shape.Aggregate(1, (product, side) => checked(product * side));

    /// <summary>The weights of one output.</summary>
    public int Fan => Weights / To.Channels;

    // What the backward convolution lacks at the end of each side.
    internal (int Down, int Across) Rest => (From.Height - Covered(To.Height), From.Width - Covered(To.Width));

    private int Covered(int windows) => ((windows - 1) * Stride) + Kernel - (2 * Padding);
}

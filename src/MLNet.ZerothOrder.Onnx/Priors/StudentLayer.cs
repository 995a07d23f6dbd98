using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A layer of a <see cref="StudentNetwork"/>: a convolution, or a linear layer on all values.</summary>
/// <param name="From">The input.</param>
/// <param name="To">The output; a linear layer has outputs of one pixel.</param>
/// <param name="Kernel">The side of the kernel; 0 for a linear layer.</param>
/// <param name="Stride">The distance between two windows.</param>
/// <param name="Padding">The rows and columns of zeros on each side.</param>
/// <param name="Square">The side of the squares whose values are averaged after the activation; 1 for none.</param>
public sealed record StudentLayer(ImageShape From, ImageShape To, int Kernel, int Stride, int Padding, int Square)
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
    internal (int Down, int Across) Rest => (From.Height - Covered(Windows(From.Height)), From.Width - Covered(Windows(From.Width)));

    // What no square covers.
    internal (int Down, int Across) SquareRest => (Windows(From.Height) - (To.Height * Square), Windows(From.Width) - (To.Width * Square));

    private int Windows(int from) => ((from + (2 * Padding) - Kernel) / Stride) + 1;

    private int Covered(int windows) => ((windows - 1) * Stride) + Kernel - (2 * Padding);
}

using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The network that imitates a classifier: convolutions and two linear layers, each but the last followed by x · sigmoid(x), which has no kinks. Pixels enter
/// as x − ½. The layers follow from the size of the images: convolutions of stride 2 halve it until its
/// shorter side is at most 7; the first one shortens large images more, and small colour images have one of stride 1 before it. Tiny images have linear layers alone.
/// </summary>
public sealed class StudentNetwork
{
    private const int SmallestSide = 7;
    private const int UsualSide = 48;
    private const int MostChannels = 128;
    private const int Hidden = 128;

    /// <param name="image">The size of an image.</param>
    /// <param name="classes">K, at least 2.</param>
    public StudentNetwork(ImageShape image, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(image.Length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        Image = image;
        Classes = classes;
        var layers = new List<StudentLayer>();
        int stride = Math.Max(2, (int)Math.Round((double)Math.Min(image.Height, image.Width) / UsualSide));
        int channels = image.Channels == 1 ? 24 : 32;
        ImageShape at = image;
        if (image.Channels > 1 && stride == 2 && Math.Min(image.Height, image.Width) > SmallestSide)
        {
            // Classifiers of small photos look at single pixels, and their gradients are as fine.
            at = Convolve(at, channels / 2, 3, 1);
        }

        while (Math.Min(at.Height, at.Width) > SmallestSide)
        {
            at = Convolve(at, channels, 2 * stride, stride);
            channels = Math.Min(MostChannels, 2 * channels);
            stride = 2;
        }

        layers.Add(new StudentLayer(at, new ImageShape(Hidden, 1, 1), 0, 1, 0));
        layers.Add(new StudentLayer(new ImageShape(Hidden, 1, 1), new ImageShape(classes, 1, 1), 0, 1, 0));
        Layers = layers;
        WeightCount = layers.Sum(layer => layer.Weights + layer.To.Channels);

        // A kernel of twice the stride covers every pixel equally often, so that the gradient has no grid in it.
        ImageShape Convolve(ImageShape from, int outputs, int kernel, int stride)
        {
            int padding = (kernel - stride + 1) / 2;
            var to = new ImageShape(outputs, ((from.Height + (2 * padding) - kernel) / stride) + 1, ((from.Width + (2 * padding) - kernel) / stride) + 1);
            layers.Add(new StudentLayer(from, to, kernel, stride, padding));
            return to;
        }
    }

    /// <summary>The size of an image.</summary>
    public ImageShape Image { get; }

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>The layers from the image to the scores.</summary>
    public IReadOnlyList<StudentLayer> Layers { get; }

    /// <summary>The floats of all layers: of each its weights, then one bias per output.</summary>
    public int WeightCount { get; }

    /// <summary>Draws the weights of an untrained network. Biases are 0.</summary>
    public float[] Initial(long seed)
    {
        var weights = new float[WeightCount];
        int at = 0;
        for (int i = 0; i < Layers.Count; i++)
        {
            Span<float> own = weights.AsSpan(at, Layers[i].Weights);
            CounterRandom.Normals(RandomKey.FromSeed(seed).Derive((ulong)i), own);

            // The mean square of x · sigmoid(x) is 0.36 of that of x ~ N(0, 1); scores start small.
            float deviation = (float)(i == Layers.Count - 1 ? 0.1 / Math.Sqrt(Layers[i].Fan) : Math.Sqrt(1 / (0.36 * Layers[i].Fan)));
            foreach (ref float weight in own)
            {
                weight *= deviation;
            }

            at += Layers[i].Weights + Layers[i].To.Channels;
        }

        return weights;
    }
}

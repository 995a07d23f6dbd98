using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The network that imitates a classifier: convolutions and two linear layers, each but the last followed by x · sigmoid(x), which has no kinks. Pixels enter
/// as x − ½. The layers follow from the size of the images. Colour images whose shorter side is at most 48 have pairs of 3 × 3 convolutions, after each of which squares of 2 × 2 are
/// averaged, until the shorter side is at most 7. Others have convolutions of stride 2 for that; the first one shortens large images more. Tiny images have linear layers alone.
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
        int side = Math.Min(image.Height, image.Width), stride = Math.Max(2, (int)Math.Round((double)side / UsualSide));
        int channels = image.Channels == 1 ? 24 : 32;
        bool averages = image.Channels > 1 && side <= UsualSide;
        ImageShape at = image;
        while (Math.Min(at.Height, at.Width) > SmallestSide)
        {
            if (averages)
            {
                // Classifiers of small photos look at single pixels, and their gradients are as fine.
                Convolve(3, 1, 0, 1);
                Convolve(3, 1, 0, 2);
            }
            else
            {
                // A kernel of twice the stride covers every pixel equally often, so that the gradient has no grid in it.
                Convolve(2 * stride, stride, (stride + 1) / 2, 1);
            }

            channels = Math.Min(MostChannels, 2 * channels);
            stride = 2;
        }

        layers.Add(new StudentLayer(at, new ImageShape(Hidden, 1, 1), 0, 1, 0, 1));
        layers.Add(new StudentLayer(new ImageShape(Hidden, 1, 1), new ImageShape(classes, 1, 1), 0, 1, 0, 1));
        Layers = layers;
        WeightCount = layers.Sum(layer => layer.Weights + layer.To.Channels);

        void Convolve(int kernel, int stride, int padding, int square)
        {
            var to = new ImageShape(channels, Side(at.Height), Side(at.Width));
            layers.Add(new StudentLayer(at, to, kernel, stride, padding, square));
            at = to;

            int Side(int from) => (((from + (2 * padding) - kernel) / stride) + 1) / square;
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

using System.Globalization;
using System.Numerics.Tensors;

namespace MLNet.ZerothOrder;

/// <summary>
/// Maps a pixel x in [0, 1] to the input value of a model: <c>(x · Scale − Mean[c]) / Std[c]</c> for the model's channel c, and states the order of
/// the model's channels. Immutable. Encodings with equal numbers in equal order are equal, whatever their names.
/// </summary>
public sealed class PixelEncoding : IEquatable<PixelEncoding>
{
    private const string Reversed = ", B, G, R";

    /// <summary>Creates a custom encoding.</summary>
    /// <param name="scale">The factor of a pixel in [0, 1]; finite and not 0.</param>
    /// <param name="mean">The values to subtract after scaling: one for all channels, or one per channel in the model's order.</param>
    /// <param name="std">The positive values to divide by after subtracting: one for all channels, or one per channel in the model's order.</param>
    /// <param name="name">The name in messages; null for the numbers.</param>
    /// <param name="order">The order of the model's channels.</param>
    /// <exception cref="InputException">A number is not finite, the scale is 0, a deviation is not positive, or the lists are empty or have different lengths above 1.</exception>
    public PixelEncoding(float scale, IReadOnlyList<float> mean, IReadOnlyList<float> std, string? name = null, ChannelOrder order = ChannelOrder.Rgb)
    {
        if (!float.IsFinite(scale) || scale == 0)
        {
            throw new InputException($"Pixel scale {Text(scale)} must be a finite number other than 0, such as 1 or 255.");
        }

        if (mean.Count == 0 || std.Count == 0 || (mean.Count != std.Count && mean.Count != 1 && std.Count != 1))
        {
            throw new InputException($"{mean.Count} means and {std.Count} standard deviations do not fit; give one of each, or one per channel.");
        }

        foreach (float m in mean)
        {
            if (!float.IsFinite(m))
            {
                throw new InputException($"Pixel mean {Text(m)} must be a finite number.");
            }
        }

        foreach (float s in std)
        {
            if (!float.IsFinite(s) || s <= 0)
            {
                throw new InputException($"Pixel standard deviation {Text(s)} must be a positive finite number.");
            }
        }

        Scale = scale;
        Mean = [.. mean];
        Std = [.. std];
        Order = order;
        Name = name ?? $"x·{Text(Scale)}, mean {Text(Mean)}, std {Text(Std)}{(order == ChannelOrder.Bgr ? Reversed : "")}";
    }

    /// <summary>Pixels in 0..1, unchanged.</summary>
    public static PixelEncoding Unit { get; } = new(1, [0], [1], "0..1");

    /// <summary>Pixels as bytes, 0..255.</summary>
    public static PixelEncoding Bytes { get; } = new(255, [0], [1], "0..255");

    /// <summary>Pixels in −1..1.</summary>
    public static PixelEncoding Symmetric { get; } = new(2, [1], [1], "-1..1");

    /// <summary>MNIST's mean and deviation, one channel.</summary>
    public static PixelEncoding Mnist { get; } = new(1, [0.1307f], [0.3081f], "MNIST mean/std");

    /// <summary>ImageNet's means and deviations, three channels.</summary>
    public static PixelEncoding ImageNet { get; } = new(1, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], "ImageNet mean/std");

    /// <summary>CIFAR-10's means and deviations, three channels.</summary>
    public static PixelEncoding Cifar10 { get; } = new(1, [0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f], "CIFAR-10 mean/std");

    /// <summary>Caffe's encoding for ImageNet, used by VGG and ResNet in Keras: 0..255 in the order blue, green, red, minus the means of the channels.</summary>
    public static PixelEncoding Caffe { get; } = new(255, [103.939f, 116.779f, 123.68f], [1], "Caffe mean" + Reversed, ChannelOrder.Bgr);

    /// <summary>Teachable Machine's encoding: bytes divided by 127, minus 1.</summary>
    public static PixelEncoding TeachableMachine { get; } = new(255 / 127f, [1], [1], "x/127 - 1");

    /// <summary>The name in messages, such as <c>0..255</c>.</summary>
    public string Name { get; }

    /// <summary>The factor of a pixel in [0, 1].</summary>
    public float Scale { get; }

    /// <summary>The values to subtract after scaling, one or one per channel in the model's order.</summary>
    public IReadOnlyList<float> Mean { get; }

    /// <summary>The values to divide by after subtracting, one or one per channel in the model's order.</summary>
    public IReadOnlyList<float> Std { get; }

    /// <summary>The order of the model's channels.</summary>
    public ChannelOrder Order { get; }

    /// <summary>The number of channels; 1 if it applies to any number.</summary>
    public int Channels => Math.Max(Mean.Count, Std.Count);

    /// <summary>Whether pixels stay unchanged.</summary>
    public bool IsIdentity => Order == ChannelOrder.Rgb && Scale == 1 && Mean.All(m => m == 0) && Std.All(s => s == 1);

    /// <summary>The encoding that maps pixels 0..1 linearly onto <paramref name="low"/>..<paramref name="high"/>.</summary>
    /// <exception cref="InputException">The two are equal or not finite.</exception>
    public static PixelEncoding Range(float low, float high) => new(high - low, [-low], [1], $"{Text(low)}..{Text(high)}");

    /// <summary>The same encoding of each color for a model whose channels are in some order.</summary>
    public PixelEncoding In(ChannelOrder order)
    {
        if (order == Order)
        {
            return this;
        }

        string name = order == ChannelOrder.Bgr ? Name + Reversed : Name.Replace(Reversed, "", StringComparison.Ordinal);
        return new PixelEncoding(Scale, Exchanged(Mean), Exchanged(Std), name, order);
    }

    /// <summary>
    /// Parses a range such as <c>0..255</c>, one of <c>mnist</c>, <c>cifar10</c>, <c>imagenet</c> and <c>caffe</c>, the name of a library's preprocessing (<c>torchvision</c>,
    /// <c>keras-tf</c>, <c>keras-caffe</c>, <c>keras-torch</c>, <c>timm</c>, <c>timm-0.9</c>, <c>teachable-machine</c>), or numbers such as
    /// <c>scale=255;mean=123.7,116.3,103.5;std=58.4,57.1,57.4</c> (each part is optional). A following <c>;order=bgr</c> states that the model's
    /// channels are blue, green, red; numbers for channels are in the model's order.
    /// </summary>
    /// <exception cref="InputException">The text is none of these.</exception>
    public static PixelEncoding Parse(string text)
    {
        string[] parts = text.ToLowerInvariant().Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            throw Unknown(text);
        }

        PixelEncoding? named = parts[0] switch
        {
            "mnist" => Mnist,
            "cifar10" => Cifar10,
            "imagenet" or "torchvision" or "keras-torch" or "timm" or "timm-0.9" => ImageNet,
            "caffe" or "keras-caffe" => Caffe,
            "keras-tf" => Symmetric,
            "teachable-machine" => TeachableMachine,
            _ => parts[0].Split("..") is [var from, var to] && TryFloat(from, out float low) && TryFloat(to, out float high) ? Range(low, high) : null,
        };
        float[] scale = [1], mean = [0], std = [1];
        ChannelOrder? order = null;
        foreach (string part in named is null ? parts : parts[1..])
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : part[..equals].Trim(), value = part[(equals + 1)..].Trim();
            if (key == "order")
            {
                order = value switch { "rgb" => ChannelOrder.Rgb, "bgr" => ChannelOrder.Bgr, _ => throw Unknown(text) };
                continue;
            }

            // A name or a range has its own numbers.
            float[] values = named is null && TryFloats(value) is { } numbers ? numbers : throw Unknown(text);
            switch (key)
            {
                case "scale" when values.Length == 1:
                    scale = values;
                    break;
                case "mean":
                    mean = values;
                    break;
                case "std":
                    std = values;
                    break;
                default:
                    throw Unknown(text);
            }
        }

        return named is null ? new PixelEncoding(scale[0], mean, std, order: order ?? ChannelOrder.Rgb) : named.In(order ?? named.Order);
    }

    /// <summary>The model's input values for pixels of one channel. Follows the order of the formula, so that a value equals that of the model's own preprocessing.</summary>
    /// <param name="channel">The model's channel, whose mean and deviation count.</param>
    /// <param name="pixels">Pixels in [0, 1].</param>
    /// <param name="values">As many input values, to write.</param>
    public void Encode(int channel, ReadOnlySpan<float> pixels, Span<float> values)
    {
        float mean = Mean[Mean.Count == 1 ? 0 : channel], std = Std[Std.Count == 1 ? 0 : channel];
        TensorPrimitives.Multiply(pixels, Scale, values);
        TensorPrimitives.Subtract(values, mean, values);
        TensorPrimitives.Divide(values, std, values);
    }

    /// <summary>The channel of an image that a channel of the model shows: the same one, or for the order blue, green, red the opposite of the first three.</summary>
    public int SourceOf(int channel) => Order == ChannelOrder.Bgr && channel < 3 ? 2 - channel : channel;

    /// <inheritdoc/>
    public bool Equals(PixelEncoding? other) =>
        other is not null && Order == other.Order && Scale == other.Scale && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PixelEncoding);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scale, Mean[0], Std[0], Order);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Parses numbers between commas, spaces or brackets, as in metadata; null if there are none or there is other text.</summary>
    public static float[]? TryFloats(string text)
    {
        string[] words = text.Split([',', ' ', '[', ']', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        var values = new float[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!TryFloat(words[i], out values[i]))
            {
                return null;
            }
        }

        return words.Length == 0 ? null : values;
    }

    private static float[] Exchanged(IReadOnlyList<float> values) => values.Count < 3 ? [.. values] : [values[2], values[1], values[0], .. values.Skip(3)];

    private static bool TryFloat(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(IReadOnlyList<float> values) => string.Join(", ", values.Select(Text));

    private static InputException Unknown(string text) => new(
        $"Pixel encoding '{text}' is unknown; give a range such as 0..255, a name (mnist, cifar10, imagenet, caffe, torchvision, keras-tf, keras-caffe, keras-torch, timm, timm-0.9, teachable-machine), or numbers such as mean=0.1307;std=0.3081, and behind any of them ;order=bgr for channels in the order blue, green, red.");
}

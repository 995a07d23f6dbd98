using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Maps a pixel x in [0, 1] to the input value of a model: <c>(x · Scale − Mean[c]) / Std[c]</c> for channel c. Immutable. Encodings with equal
/// numbers are equal, whatever their names.
/// </summary>
public sealed class PixelEncoding : IEquatable<PixelEncoding>
{
    /// <summary>Creates a custom encoding.</summary>
    /// <param name="scale">The factor of a pixel in [0, 1]; finite and not 0.</param>
    /// <param name="mean">The values to subtract after scaling: one for all channels, or one per channel.</param>
    /// <param name="std">The positive values to divide by after subtracting: one for all channels, or one per channel.</param>
    /// <param name="name">The name in messages; null for the numbers.</param>
    /// <exception cref="InputException">A number is not finite, the scale is 0, a deviation is not positive, or the lists are empty or have different lengths above 1.</exception>
    public PixelEncoding(float scale, IReadOnlyList<float> mean, IReadOnlyList<float> std, string? name = null)
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
        Name = name ?? $"x·{Text(Scale)}, mean {Text(Mean)}, std {Text(Std)}";
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

    /// <summary>The name in messages, such as <c>0..255</c>.</summary>
    public string Name { get; }

    /// <summary>The factor of a pixel in [0, 1].</summary>
    public float Scale { get; }

    /// <summary>The values to subtract after scaling, one or one per channel.</summary>
    public IReadOnlyList<float> Mean { get; }

    /// <summary>The values to divide by after subtracting, one or one per channel.</summary>
    public IReadOnlyList<float> Std { get; }

    /// <summary>The number of channels; 1 if it applies to any number.</summary>
    public int Channels => Math.Max(Mean.Count, Std.Count);

    /// <summary>Whether pixels stay unchanged.</summary>
    public bool IsIdentity => Scale == 1 && Mean.All(m => m == 0) && Std.All(s => s == 1);

    /// <summary>The encoding that maps pixels 0..1 linearly onto <paramref name="low"/>..<paramref name="high"/>.</summary>
    /// <exception cref="InputException">The two are equal or not finite.</exception>
    public static PixelEncoding Range(float low, float high) => new(high - low, [-low], [1], $"{Text(low)}..{Text(high)}");

    /// <summary>
    /// Parses a range such as <c>0..255</c>, one of <c>mnist</c>, <c>cifar10</c> and <c>imagenet</c>, or numbers such as
    /// <c>scale=255;mean=123.7,116.3,103.5;std=58.4,57.1,57.4</c> (each part is optional).
    /// </summary>
    /// <exception cref="InputException">The text is none of these.</exception>
    public static PixelEncoding Parse(string text)
    {
        string trimmed = text.Trim().ToLowerInvariant();
        switch (trimmed)
        {
            case "mnist":
                return Mnist;
            case "cifar10":
                return Cifar10;
            case "imagenet":
                return ImageNet;
        }

        string[] ends = trimmed.Split("..");
        if (ends.Length == 2 && TryFloat(ends[0], out float low) && TryFloat(ends[1], out float high))
        {
            return Range(low, high);
        }

        float[] scale = [1], mean = [0], std = [1];
        foreach (string part in trimmed.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            float[]? values = equals < 0 ? null : TryFloats(part[(equals + 1)..]);
            switch (equals < 0 || values is null ? "" : part[..equals].Trim())
            {
                case "scale" when values!.Length == 1:
                    scale = values;
                    break;
                case "mean":
                    mean = values!;
                    break;
                case "std":
                    std = values!;
                    break;
                default:
                    throw Unknown(text);
            }
        }

        return trimmed.Length == 0 ? throw Unknown(text) : new PixelEncoding(scale[0], mean, std);
    }

    /// <inheritdoc/>
    public bool Equals(PixelEncoding? other) =>
        other is not null && Scale == other.Scale && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PixelEncoding);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scale, Mean[0], Std[0]);

    /// <inheritdoc/>
    public override string ToString() => Name;

    // Parses numbers between commas, spaces or brackets, as in metadata; null if there are none or there is other text.
    internal static float[]? TryFloats(string text)
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

    private static bool TryFloat(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(IReadOnlyList<float> values) => string.Join(", ", values.Select(Text));

    private static InputException Unknown(string text) => new(
        $"Pixel encoding '{text}' is unknown; give a range such as 0..255, a name (mnist, cifar10, imagenet), or numbers such as mean=0.1307;std=0.3081.");
}

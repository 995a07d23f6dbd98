using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// How pictures get the size that a model takes. The default is the convention with which most classifiers of photos were trained and measured: the shorter side is resized to the
/// model's size × 256/224, with antialiased bilinear interpolation, and the centre is taken.
/// </summary>
public sealed record PictureFit
{
    private readonly double _share = 224.0 / 256;
    private readonly int? _resize;

    /// <summary>How the sides change (default: <see cref="FitMode.Crop"/>).</summary>
    public FitMode Mode { get; init; } = FitMode.Crop;

    /// <summary>The interpolation (default: <see cref="Interpolation.Bilinear"/>).</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>
    /// The length of the shorter side before the crop, or of both sides before the crop of a stretched picture; null for the model's size divided by <see cref="Share"/> before a crop,
    /// and the model's size for a stretched picture. At least the model's size. Without effect for other modes.
    /// </summary>
    /// <exception cref="InputException">Less than 1.</exception>
    public int? Resize
    {
        get => _resize;
        init => _resize = value is null or (> 0 and <= DataLimits.LongestSide) ? value : throw new InputException($"Pictures cannot be resized to {value}; give 1..{DataLimits.LongestSide}.") { Argument = nameof(Resize) };
    }

    /// <summary>The share of the shorter side that the crop keeps, in (0, 1] (default: 0.875 = 224/256).</summary>
    /// <exception cref="InputException">Outside (0, 1].</exception>
    public double Share
    {
        get => _share;
        init => _share = value is > 0 and <= 1 ? value : throw new InputException(string.Create(CultureInfo.InvariantCulture, $"A crop cannot keep the share {value} of a side; give one above 0 and at most 1.")) { Argument = nameof(Share) };
    }

    /// <summary>
    /// The fit that belongs to the name of a library's preprocessing: <c>torchvision</c> (the default), <c>timm</c> and <c>timm-0.9</c> (bicubic, crops of 0.875 and 0.9) and
    /// <c>teachable-machine</c> (the largest square in the centre); null for any other name.
    /// </summary>
    public static PictureFit? Named(string encoding) => encoding.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "torchvision" => new PictureFit(),
        "timm" => new PictureFit { Interpolation = Interpolation.Bicubic },
        "timm-0.9" => new PictureFit { Interpolation = Interpolation.Bicubic, Share = 0.9 },
        "teachable-machine" => new PictureFit { Share = 1 },
        _ => null,
    };

    /// <summary>The fit that belongs to the program which exported a model: the largest square in the centre for Ultralytics' classifiers; null for any other.</summary>
    /// <param name="metadata">The metadata of the model's file.</param>
    public static PictureFit? OfMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.GetValueOrDefault("author") == "Ultralytics" && metadata.GetValueOrDefault("task") == "classify" ? new PictureFit { Share = 1 } : null;
    }

    /// <summary>A picture at the size of a model.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="height">The model's height.</param>
    /// <param name="width">The model's width.</param>
    /// <exception cref="InputException">The mode is <see cref="FitMode.None"/> and the picture has another size, or pictures are resized to less than the model's size.</exception>
    public PixelBuffer Apply(PixelBuffer picture, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(picture);
        FitPlan plan = Plan(picture.Width, picture.Height, width, height);
        PixelBuffer resized = Resampling.Resize(picture, plan.Width, plan.Height, Interpolation);
        return plan.Left == 0 && plan.Top == 0 && (resized.Width, resized.Height) == (width, height) ? resized : Window(resized, plan.Left, plan.Top, width, height);
    }

    /// <summary>What is done to pictures of another size, as a part of a sentence.</summary>
    /// <param name="height">The model's height.</param>
    /// <param name="width">The model's width.</param>
    public string Describe(int height, int width)
    {
        string how = Interpolation == Interpolation.Nearest ? "nearest pixel" : $"antialiased {Interpolation.ToString().ToLowerInvariant()}";
        return Mode switch
        {
            FitMode.Crop => $"pictures were resized to {(Resize ?? Larger(Math.Min(height, width)))} on the shorter side ({how}) and cropped to the centre {height}×{width}",
            FitMode.Stretch when Resize is { } side => $"pictures were stretched to {side}×{side} ({how}) and cropped to the centre {height}×{width}",
            FitMode.Stretch => $"pictures were stretched to {height}×{width} ({how})",
            FitMode.Pad => $"pictures were resized to fit into {height}×{width} ({how}) and padded with black",
            _ => $"pictures are {height}×{width}",
        };
    }

    /// <summary>Throws if pictures are resized to less than a model's size.</summary>
    internal void ThrowIfTooSmall(int height, int width)
    {
        if (Resize < Math.Max(height, width))
        {
            throw new InputException($"Pictures resized to {Resize} are smaller than the model's {height}×{width}; give at least {Math.Max(height, width)}.") { Argument = nameof(Resize) };
        }
    }

    /// <summary>The size to which a picture is resized, and the place in it at which the model's size begins; negative for padding.</summary>
    internal FitPlan Plan(int width, int height, int toWidth, int toHeight)
    {
        if (Mode == FitMode.None && (width, height) != (toWidth, toHeight))
        {
            throw new InputException($"A picture has {height}×{width} pixels, not {toHeight}×{toWidth}; fit it in another way.");
        }

        ThrowIfTooSmall(toHeight, toWidth);
        (int newWidth, int newHeight) = Mode switch
        {
            // As torchvision: the longer side is rounded down.
            FitMode.Crop when (toWidth, toHeight) is var (w, h) && (w == h || Resize is not null) && (Resize ?? Larger(w)) is var side =>
                width < height ? (side, (int)((long)side * height / width)) : ((int)((long)side * width / height), side),
            FitMode.Crop when Math.Max((double)Larger(toWidth) / width, (double)Larger(toHeight) / height) is var factor => (Scaled(width, factor, toWidth), Scaled(height, factor, toHeight)),
            FitMode.Pad when Math.Min((double)toWidth / width, (double)toHeight / height) is var factor => (Math.Min(toWidth, Scaled(width, factor, 1)), Math.Min(toHeight, Scaled(height, factor, 1))),
            FitMode.Stretch => (Resize ?? toWidth, Resize ?? toHeight),
            _ => (width, height),
        };
        if (Math.Max(newWidth, newHeight) > DataLimits.LongestSide)
        {
            throw new InputException($"A picture of {height}×{width} pixels would be resized to {newHeight}×{newWidth}, more than {DataLimits.LongestSide} on a side; it is too narrow.");
        }

        return new FitPlan(newWidth, newHeight, (int)Math.Round((newWidth - toWidth) / 2.0), (int)Math.Round((newHeight - toHeight) / 2.0));
    }

    private int Larger(int side) => (int)Math.Round(side / Share);

    private static int Scaled(int side, double factor, int least) => Math.Max(least, (int)Math.Round(side * factor));

    private static PixelBuffer Window(PixelBuffer picture, int left, int top, int width, int height)
    {
        var window = new PixelBuffer(width, height, picture.Channels);
        int from = Math.Max(0, left), to = Math.Min(picture.Width, left + width);
        for (int y = Math.Max(0, top); y < Math.Min(picture.Height, top + height); y++)
        {
            picture.Pixels.AsSpan(((y * picture.Width) + from) * picture.Channels, (to - from) * picture.Channels)
                .CopyTo(window.Pixels.AsSpan((((y - top) * width) + from - left) * picture.Channels));
        }

        return window;
    }
}

using System.Text.Json;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// How a classifier's publisher says that pictures become its input: Hugging Face's <c>preprocessor_config.json</c>, or the <c>pretrained_cfg</c> in the <c>config.json</c> of timm's models. Such a
/// file usually lies beside the ONNX file, or in the folder above it if that is called <c>onnx</c>.
/// </summary>
public sealed record ImageProcessor
{
    private const string PreprocessorConfig = "preprocessor_config.json";
    private const string Config = "config.json";
    private const int MostBytes = 1 << 24;

    // ConvNeXt's processor, which ResNet and others use too, crops below this size and stretches from it on.
    private const int ConvNextStretches = 384;

    // The kinds whose size, if it is one number, is the shorter side; for all others it is both.
    private static readonly string[] ByShorterSide = ["CLIP", "ConvNext", "Levit", "Bit", "MobileNet", "MobileViT", "PoolFormer", "Siglip2"];

    private static readonly PixelEncoding[] Usual = [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.ImageNet];

    private ImageProcessor(string path, PixelEncoding encoding, PictureFit? fit) => (Path, Encoding, Fit) = (path, encoding, fit);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How pixels in [0, 1] are mapped to the model's input values. Its name tells the file.</summary>
    public PixelEncoding Encoding { get; }

    /// <summary>How pictures get the model's size; null if the file does not say.</summary>
    public PictureFit? Fit { get; }

    /// <summary>The names of the model's classes in the <c>config.json</c> beside it; null if there is none, or it numbers them alone (<c>LABEL_0</c>).</summary>
    /// <param name="model">The path of the model's file.</param>
    public static ClassNames? ClassesBeside(string model)
    {
        try
        {
            return Beside(model, Config) is { } path && ClassNames.Read(path) is var names
                && !names.Names.Select((name, i) => name == $"LABEL_{i}").All(isNumber => isNumber) ? names : null;
        }
        catch (InputException)
        {
            // Another program's file may have this name.
            return null;
        }
    }

    /// <summary>The file that lies beside a model; null if there is none, or it does not describe pictures.</summary>
    /// <param name="model">The path of the model's file.</param>
    /// <exception cref="InputException">It describes pictures in a way that this class does not know.</exception>
    public static ImageProcessor? Beside(string model)
    {
        foreach (string name in (string[])[PreprocessorConfig, Config])
        {
            if (Beside(model, name) is { } path && TryRead(path) is { } processor)
            {
                return processor;
            }
        }

        return null;
    }

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, does not describe pictures, or describes them in a way that this class does not know.</exception>
    public static ImageProcessor Read(string path) => TryRead(path)
        ?? throw new InputException($"{path}: does not say how pictures become a model's input; give a preprocessor_config.json, or a config.json with pretrained_cfg.");

    private static string? Beside(string model, string name)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(model))!;
        string path = System.IO.Path.Combine(folder, name);
        if (!File.Exists(path) && System.IO.Path.GetFileName(folder) == "onnx")
        {
            path = System.IO.Path.Combine(folder, "..", name);
        }

        return File.Exists(path) ? System.IO.Path.GetFullPath(path) : null;
    }

    private static ImageProcessor? TryRead(string path)
    {
        using InputFile file = InputFile.Open(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(file.ReadAll(MostBytes));
            JsonElement root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? null
                : Member(root, "pretrained_cfg") is { ValueKind: JsonValueKind.Object } inner ? OfTimm(inner, path)
                : Member(root, "crop_mode") is not null ? OfTimm(root, path)
                : Member(root, "image_processor_type") is not null || Member(root, "feature_extractor_type") is not null || Member(root, "image_mean") is not null ? OfHuggingFace(root, path)
                : null;
        }
        catch (JsonException e)
        {
            throw file.Error($"is no valid JSON ({e.Message.TrimEnd('.')}); correct or remove it.", e);
        }
        catch (InputException e)
        {
            throw file.Error(e.Message, e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw file.Error("has values of other types than a description of pictures has; correct or remove it.", e);
        }
    }

    // timm's create_transform for evaluation.
    private static ImageProcessor OfTimm(JsonElement json, string path)
    {
        double share = Number(json, "crop_pct") ?? 0.875;
        int[] input = Member(json, "input_size") is { } sizes ? [.. sizes.EnumerateArray().Select(size => size.GetInt32())] : [3, 224, 224];
        int? resize = input is [_, var height, var width] && height == width && share is > 0 and <= 1 ? (int)Math.Floor(height / share)
            : throw new InputException($"gives the input_size [{string.Join(", ", input)}] and the crop_pct {share}, but only a square of three numbers and a share in (0, 1] are known; use --pixels and --fit instead.");
        FitMode mode = (Text(json, "crop_mode") ?? "center") switch
        {
            "center" => FitMode.Crop,
            "squash" => FitMode.Stretch,
            var other => throw new InputException($"crop_mode is '{other}', but center and squash are known; use --pixels and --fit instead."),
        };
        Interpolation interpolation = Text(json, "interpolation") switch
        {
            "bicubic" => Interpolation.Bicubic,
            "nearest" => Interpolation.Nearest,
            "lanczos" => Interpolation.Lanczos,
            _ => Interpolation.Bilinear,
        };
        return new ImageProcessor(path, Encoded(path, 1, Numbers(json, "mean") ?? [0.485f, 0.456f, 0.406f], Numbers(json, "std") ?? [0.229f, 0.224f, 0.225f]), new PictureFit { Mode = mode, Resize = resize, Interpolation = interpolation });
    }

    // The image processors of the transformers library, and their predecessors, the feature extractors, which leave out what they always did.
    private static ImageProcessor OfHuggingFace(JsonElement json, string path)
    {
        string kind = Text(json, "image_processor_type") ?? Text(json, "feature_extractor_type") ?? "";
        float scale = Is(json, "do_rescale") ?? true ? (float)(255 * (Number(json, "rescale_factor") ?? 1 / 255.0)) : 255;

        // EfficientNet's may subtract 1 after scaling, and divides by the deviations once more in front of a classifier.
        float offset = Is(json, "rescale_offset") is true ? 1 : 0;
        bool normalizes = Is(json, "do_normalize") ?? Member(json, "image_mean") is not null;
        float[] mean = normalizes ? Numbers(json, "image_mean") ?? [0.5f] : [0], std = normalizes ? Numbers(json, "image_std") ?? [0.5f] : [1];
        if (normalizes && kind.StartsWith("EfficientNet", StringComparison.Ordinal) && Is(json, "include_top") is true)
        {
            std = [.. std.Select(value => value * value)];
        }

        PixelEncoding encoding = Encoded(path, scale, [.. mean.Select(value => value + offset)], std);
        if (Is(json, "do_flip_channel_order") is true)
        {
            encoding = encoding.In(ChannelOrder.Bgr);
        }

        return new ImageProcessor(path, encoding, Is(json, "do_resize") ?? Member(json, "size") is not null ? FitOf(json, kind) : null);
    }

    private static PictureFit FitOf(JsonElement json, string kind)
    {
        Interpolation interpolation = (int?)Number(json, "resample") switch
        {
            0 => Interpolation.Nearest,
            1 => Interpolation.Lanczos,
            null or 2 => Interpolation.Bilinear,
            3 => Interpolation.Bicubic,
            var other => throw new InputException($"resample is {other}, but 0 (nearest), 1 (lanczos), 2 (bilinear) and 3 (bicubic) are known; use --pixels and --fit instead."),
        };
        bool isShorter = ByShorterSide.Any(name => kind.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        int? side = null;
        if (Member(json, "size") is { ValueKind: JsonValueKind.Number } number)
        {
            side = number.GetInt32();
        }
        else if (Member(json, "size") is { ValueKind: JsonValueKind.Object } sides)
        {
            isShorter = Number(sides, "shortest_edge") is not null;
            side = (int?)(Number(sides, "shortest_edge") ?? Number(sides, "height") ?? throw new InputException("gives a size without shortest_edge, and without height; use --pixels and --fit instead."));
        }

        var fit = new PictureFit { Interpolation = interpolation };
        if (!isShorter || side is null)
        {
            return fit with { Mode = FitMode.Stretch, Resize = Is(json, "do_center_crop") is true ? side : null };
        }

        double? share = kind switch
        {
            _ when kind.StartsWith("ConvNext", StringComparison.OrdinalIgnoreCase) => side < ConvNextStretches ? Number(json, "crop_pct") ?? 0.875 : null,
            _ when kind.StartsWith("PoolFormer", StringComparison.Ordinal) => Number(json, "crop_pct") ?? 0.9,
            _ when kind.StartsWith("Levit", StringComparison.Ordinal) => 224 / 256.0,
            _ => 1,
        };
        return share is null ? fit with { Mode = FitMode.Stretch } : fit with { Resize = (int)(side.Value / share.Value) };
    }

    // The numbers are the file's, and the name is that of a usual encoding which does the same.
    private static PixelEncoding Encoded(string path, float scale, float[] mean, float[] std)
    {
        var encoding = new PixelEncoding(scale, mean, std);
        PixelEncoding named = Usual.FirstOrDefault(usual => Enumerable.Range(0, 3).All(channel => Ends(usual, channel).SequenceEqual(Ends(encoding, channel)))) ?? encoding;
        return new PixelEncoding(scale, mean, std, $"{named.Name} ({System.IO.Path.GetFileName(path)})");

        static float[] Ends(PixelEncoding encoding, int channel)
        {
            var values = new float[2];
            encoding.Encode(Math.Min(channel, encoding.Channels - 1), [0, 1], values);
            return [.. values.Select(value => MathF.Round(value, 4))];
        }
    }

    private static JsonElement? Member(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static bool? Is(JsonElement json, string name) => Member(json, name)?.GetBoolean();

    private static double? Number(JsonElement json, string name) => Member(json, name)?.GetDouble();

    private static string? Text(JsonElement json, string name) => Member(json, name)?.GetString();

    private static float[]? Numbers(JsonElement json, string name) => Member(json, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(number => number.GetSingle())] : [value.GetSingle()];
}

using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options that select the images.</summary>
internal sealed partial class ImageOptions
{
    // More images than are attacked, because misclassified ones are skipped.
    private const int MostDigits = 100_000;

    private const string DatasetName = "--dataset";
    private const string ImagesName = "--images";
    // Of TensorFlow's networks for ImageNet.
    private const int ClassesWithBackground = 1001;

    private const string Digits = "digits";
    private const string ImageNet = "imagenet";
    private const string Predicted = "predicted";

    private readonly Option<string> _dataset;
    private readonly Option<string> _images = new(ImagesName) { Description = "Your own images instead: a folder of pictures (JPEG, PNG, WebP, BMP, GIF, TIFF; class folders or labels.csv), a .npy array, an array of a .npz archive (x.npz:name), a table of pixels (CSV), a Parquet file of pictures, an IDX or a CIFAR-10 file.", HelpName = "PATH" };
    private readonly Option<string> _labels = new("--labels") { Description = "The true classes of the images: one index or name per line, CSV, .npy, .npz or IDX; or predicted: the classes that the model gives them, for a folder of pictures without labels.", HelpName = "FILE|predicted" };
    private readonly Option<string> _classes = new("--classes") { Description = "The names of the model's classes, for class folders and labels that are names, and for the results: imagenet, or a file with one a line in the model's order, CSV or JSON (default: the names in the model's metadata or in a config.json beside it, or ImageNet's where the folder carries its ids, such as n01440764; if there are none, names are numbered in alphabetical order).", HelpName = "FILE|imagenet" };
    private readonly Option<string> _shape = new("--shape") { Description = "The size of the images (channels x height x width) for a .npy array of flat rows, or a table of other images than gray squares.", HelpName = "CxHxW" };
    private readonly Option<FitMode?> _fit = Choices.Of<FitMode>(
        "--fit", "How pictures of a folder get the model's size: crop (the shorter side is resized, the centre is taken), stretch, pad with black, or none (default: as --pixels or a file beside the model says, else crop, if the model's input is a square smaller than a picture).");

    private readonly Option<int?> _resize = Numbers.Int("--resize", "The shorter side of pictures before the crop (default: the model's size x 256/224), or both sides with --fit stretch (default: the model's size).", "N", 1, 16_384);
    private readonly Option<Interpolation?> _interpolation = Choices.Of<Interpolation>("--interpolation", "How pictures are resized, all but nearest antialiased (default: bilinear).");
    private readonly Option<string> _data = new("--data") { Description = "The folder of downloaded data sets (default: ZO_DATA).", HelpName = "DIR" };
    private readonly Option<int?> _count;
    private readonly Option<int?> _skip = Numbers.Int("--skip", "The number of raw images to skip first (default: 0).", "N", 0, 10_000_000);
    private readonly Option<string> _indices = new("--indices") { Description = "A file of raw image indices to use, one per line, in that order.", HelpName = "FILE" };

    private readonly DatasetSplit _split;
    private readonly int _fromDataset;

    /// <param name="split">The part of a data set.</param>
    /// <param name="fromDataset">The default of --count for a data set.</param>
    /// <param name="counted">What --count counts.</param>
    public ImageOptions(DatasetSplit split, int fromDataset = 20, string counted = "correctly classified images")
    {
        _split = split;
        _fromDataset = fromDataset;
        string part = split == DatasetSplit.Train ? ", their training images" : "";
        _dataset = new(DatasetName) { Description = $"Labelled images by name{part}: digits (generated), mnist or cifar10 (see 'zo data') (default: digits).", HelpName = "digits|mnist|cifar10" };
        _count = Numbers.Int("--count", $"The number of {counted} (default: {fromDataset} for a data set, all for your own images).", "N", 1, 10_000_000);
    }

    /// <summary>The option for attacks alone.</summary>
    public Option<bool> WriteBack { get; } = new("--write-back") { Description = "Also put each change into the original picture at its own size, write it to the output folder's 'photos', and score it again." };

    public IReadOnlyList<Option> All => [_dataset, _images, _labels, _classes, _shape, _fit, _resize, _interpolation, _data, _count, _skip, _indices];

    public void AddTo(Command command) => command.Add(All);

    /// <summary>The name of the data set in lower case; null if none is named or the command has no such option.</summary>
    public static string? Dataset(ParseResult parsed) => parsed.Text(DatasetName)?.ToLowerInvariant();

    /// <summary>Whether the user names images or a data set.</summary>
    public static bool AreNamed(ParseResult parsed) => parsed.Text(ImagesName) is not null || parsed.Text(DatasetName) is not null;

    /// <summary>The number of images to attack; null for all loaded images.</summary>
    public int? Count(ParseResult parsed) => parsed.GetValue(_count) ?? (parsed.GetValue(_images) is null && parsed.GetValue(_indices) is null ? _fromDataset : null);

    /// <summary>The names of the model's classes that the user gives, those of ImageNet for a folder whose pictures carry its ids, or those in a file beside the model; null for none.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model's file; null if it is none.</param>
    public ClassNames? Classes(ParseResult parsed, string? model) => Named(parsed, model) ?? (model is null ? null : ImageProcessor.ClassesBeside(model));

    private ClassNames? Named(ParseResult parsed, string? model) => parsed.GetValue(_classes) switch
    {
        null when parsed.GetValue(_labels) is not null || parsed.GetValue(_images) is not { } folder || !HasImageNetIds(folder) => null,
        null or ImageNet => ClassNames.ImageNet(withBackground: model is not null && OnnxClassifierOracle.ReadOutputLengths(model).Contains(ClassesWithBackground)),
        var file => ClassNames.Read(file),
    };

    /// <summary>The training images of a bundled classifier's data set, from the same one on.</summary>
    public ImageSet Beside(ParseResult parsed, string classifier)
    {
        ImageSet set = Datasets.Load(classifier.StartsWith("cifar10", StringComparison.Ordinal) ? "cifar10" : "mnist", DatasetSplit.Train, parsed.GetValue(_data));
        return set.Select([.. Enumerable.Range(0, set.Count).Skip(parsed.GetValue(_skip) ?? 0)]);
    }

    /// <summary>The number that the user gives; null for none.</summary>
    public int? GivenCount(ParseResult parsed) => parsed.GetValue(_count);

    // Sub-folders such as n01440764, or without any, pictures such as n01440764_18.JPEG. Nothing else is named so.
    private static bool HasImageNetIds(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return false;
        }

        string[] names = [.. new DirectoryInfo(folder).EnumerateDirectories().Select(d => d.Name)];
        names = names.Length > 0 ? names : [.. new DirectoryInfo(folder).EnumerateFiles().Where(f => PictureFile.IsNamed(f.Name)).Select(f => f.Name)];
        return names.Length > 0 && Array.TrueForAll(names, name => ImageNetId().IsMatch(name));
    }

    [GeneratedRegex(@"^n\d{8}(\D|$)", RegexOptions.CultureInvariant)]
    private static partial Regex ImageNetId();

    /// <summary>Throws if results would be written among the user's own images with the same names.</summary>
    public void ThrowIfHolds(ParseResult parsed, string resultImages)
    {
        if (parsed.GetValue(_images) is { } images && Directory.Exists(images)
            && (Path.GetFullPath(resultImages) + Path.DirectorySeparatorChar).StartsWith(
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(images)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InputException($"Results would be written to {resultImages}, among the images of --images {images}; choose another folder with --out.");
        }
    }

    /// <summary>Whether changes are put back into the pictures.</summary>
    public bool WritesBack(ParseResult parsed) => parsed.GetValue(WriteBack) && (parsed.GetValue(_images) is { } images && Images.HoldsPictures(images) ? true
        : throw new InputException("--write-back puts changes into pictures, but --images names no folder and no Parquet file of them; remove --write-back, or name some."));

    /// <summary>Loads the raw images, from which the attack takes what it needs.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model, whose file may name its classes; null for none.</param>
    /// <param name="fit">How pictures get the model's size; null for what the command line says.</param>
    public ImageSet Load(ParseResult parsed, string? model = null, PictureFit? fit = null)
    {
        string? path = parsed.GetValue(_images);
        string? dataset = Dataset(parsed);
        if (path is not null && dataset is not null)
        {
            throw new InputException($"--images {path} and --dataset {dataset} exclude each other; give one of them.");
        }

        if (path is null && parsed.FirstGiven(_labels, _classes, _shape, _fit, _resize, _interpolation) is { } idle)
        {
            throw new InputException($"{idle.Name} needs --images, which is not given; remove {idle.Name}, or name your images.");
        }

        if (parsed.FirstGiven(_data) is not null && dataset is null or Digits)
        {
            throw new InputException("--data is the folder of mnist and cifar10, but neither is named; remove --data, or name one with --dataset.");
        }

        string? labels = parsed.GetValue(_labels);
        string? classes = parsed.GetValue(_classes);
        foreach ((Option option, string? named) in ((Option, string?)[])[(_images, path), (_labels, labels == Predicted ? null : labels), (_classes, classes == ImageNet ? null : classes)])
        {
            if (named is not null && InputFile.MemberOf(named) is null)
            {
                option.ThrowIfMissing(named);
            }
        }

        if (path is not null && !Images.HoldsPictures(path) && parsed.FirstGiven(_fit, _resize, _interpolation) is { } unused)
        {
            throw new InputException($"{unused.Name} is for folders of pictures and Parquet files, and {path} is neither; remove {unused.Name}.");
        }

        string? file = parsed.GetValue(_indices);
        int[]? indices = file is not null ? ReadIndices(file) : null;
        int skip = parsed.GetValue(_skip) ?? 0;
        if (labels == Predicted && parsed.FirstGiven(_shape) is { } useless)
        {
            throw new InputException($"{useless.Name} has no effect with --labels {Predicted}, which takes a folder of pictures; remove {useless.Name}.");
        }

        ImageSet set = labels == Predicted ? Images.ReadUnlabelled(path!, fit ?? Fit(parsed, model))
            : path is not null ? ByOwnNames(parsed, path, model, fit ?? Fit(parsed, model)) ?? Read(parsed, path, Named(parsed, model), fit ?? Fit(parsed, model))
            : LoadDataset(dataset ?? Digits, parsed.GetValue(_data), Needed(Count(parsed), skip, indices));
        if (set.Count == 0)
        {
            throw new InputException($"{set.Name} holds no images; name some that does.");
        }

        if (indices is not null && Array.FindIndex(indices, i => i >= set.Count) is var bad and >= 0)
        {
            throw new InputException($"--indices {file} names image {indices[bad]}, but {set.Name} has images 0..{set.Count - 1}; correct the file.");
        }

        indices ??= skip == 0 ? null : [.. Enumerable.Range(0, set.Count)];
        if (skip > 0 && skip >= indices!.Length)
        {
            throw new InputException($"--skip {skip} skips all {indices.Length} images of {set.Name}; skip fewer.");
        }

        return indices is null ? set : set.Select(indices[skip..]);
    }

    /// <summary>How pictures get the model's size; null where no option, no file beside the model and not the model's metadata say it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model's file; null for what the options say.</param>
    public PictureFit? Fit(ParseResult parsed, string? model)
    {
        PictureFit? named = TargetOptions.Processor(parsed, model)?.Fit ?? (parsed.Text(TargetOptions.PixelsName) is { } pixels ? PictureFit.Named(pixels) : model is null ? null : OfMetadata(model));
        if (parsed.FirstGiven(_fit, _resize, _interpolation) is null)
        {
            return named;
        }

        named ??= new PictureFit();
        if (parsed.GetValue(_resize) is not null && parsed.GetValue(_fit) is { } mode and (FitMode.Pad or FitMode.None))
        {
            throw new InputException($"--resize is for --fit crop and stretch, not {mode.ToString().ToLowerInvariant()}; remove one of the two.");
        }

        return named with { Mode = parsed.GetValue(_fit) ?? named.Mode, Resize = parsed.GetValue(_resize), Interpolation = parsed.GetValue(_interpolation) ?? named.Interpolation };
    }

    private static PictureFit? OfMetadata(string model)
    {
        try
        {
            return PictureFit.OfMetadata(OnnxClassifierOracle.ReadMetadata(model));
        }
        catch (InputException)
        {
            // Loading the model tells what is wrong with its file.
            return null;
        }
    }

    private ImageSet Read(ParseResult parsed, string path, ClassNames? classes, PictureFit? fit) =>
        Images.Read(path, parsed.GetValue(_labels), parsed.GetValue(_shape) is { } shape ? ParseShape(shape) : null, classes, fit);

    // Images whose classes have the names that the model's file, or one beside it, gives them; null where they have others, or the user names the classes.
    private ImageSet? ByOwnNames(ParseResult parsed, string path, string? model, PictureFit? fit)
    {
        if (model is null || parsed.FirstGiven(_classes) is not null)
        {
            return null;
        }

        try
        {
            return (ClassNames.OfMetadata(OnnxClassifierOracle.ReadMetadata(model)) ?? Classes(parsed, model)) is { } names ? Read(parsed, path, names, fit) : null;
        }
        catch (InputException)
        {
            // The reading without names tells what is wrong.
            return null;
        }
    }

    // Generates half as many digits again, because misclassified ones are skipped.
    private static int Needed(int? count, int skip, int[]? indices) =>
        indices is null ? (int)Math.Min(MostDigits, skip + (count ?? 20) * 3L / 2 + 20) : Math.Min(MostDigits, indices.DefaultIfEmpty(0).Max() + 1);

    private ImageSet LoadDataset(string name, string? folder, int digits) => name switch
    {
        Digits => GeneratedDigits.Create(digits, _split == DatasetSplit.Train ? GeneratedDigits.TrainSeed : GeneratedDigits.TestSeed),
        "mnist" or "cifar10" => _split == DatasetSplit.Train
            ? Datasets.LoadWithOrWithoutLabels(name, _split, folder) : Datasets.Load(name, _split, folder),
        _ => throw new InputException($"--dataset is '{name}'; give one of digits, mnist, cifar10, or your own images with --images."),
    };

    private static ImageShape ParseShape(string text)
    {
        string[] sides = text.Split('x', '×');
        int[] numbers = [.. sides.Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side is >= 1 and <= 1 << 16 ? side : 0)];
        return numbers is [var c and (1 or 3 or 4), var h and > 0, var w and > 0]
            ? new ImageShape(c, h, w)
            : throw new InputException($"--shape is '{text}'; give channels (1, 3 or 4), height and width, such as 1x28x28.");
    }

    private static int[] ReadIndices(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"--indices {path} is a folder; give a file of one index per line.");
        }

        try
        {
            if (new FileInfo(path).Length > 100_000_000)
            {
                throw new InputException($"--indices {path} is larger than 100 MB; give one index per line.");
            }

            string[] lines = File.ReadAllLines(path);
            var indices = new List<int>(lines.Length);
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                if (line.Length == 0)
                {
                    continue;
                }

                indices.Add(int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    ? index : throw new InputException($"--indices {path}: line {i + 1} is '{Shorten(line)}'; give one index of at least 0 per line."));
            }

            return indices.Count > 0 ? [.. indices] : throw new InputException($"--indices {path} names no image; give one index per line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--indices {path} cannot be read ({e.Message.TrimEnd('.')}); give a file of one index per line.", e);
        }
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

using System.CommandLine;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of the target classifier.</summary>
internal sealed class TargetOptions(Terminal terminal)
{
    // Half of the images are right with one exchanged class of two, or images that another model was made for. Usual classifiers reach more on clean images.
    private const double MinAccuracy = 0.6;

    // Small networks for ImageNet's 1,000 classes are right about 0.55 to 0.6 of its images, and fed in a wrong way about 0.35.
    private const double MinAccuracyOfMany = 0.4;

    /// <summary>The option for the encoding of pixels.</summary>
    public const string PixelsName = "--pixels";

    private readonly RemoteOptionSet _remote = new();

    private readonly Option<string> _model = new("--model")
    {
        Description = $"The ONNX classifier, or a bundled one by name: {string.Join(", ", Bundled.Targets)} (default: mnist-cnn, or cifar10-cnn with --dataset cifar10). zo attack, compare and audit also take the address of a service, http(s)://… or grpc(s)://…, or a program, \"exec:PROGRAM ARGUMENTS\".",
        HelpName = "NAME|M.onnx|ADDRESS",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "The device for the model: cpu, cuda[:I], or auto (CUDA if it works, else the CPU) (default: cpu).",
        HelpName = "auto|cpu|cuda[:I]",
    };

    private readonly Option<string> _pixels = new(PixelsName)
    {
        Description = "How pixels 0..1 are mapped to the model's input: 0..255, -1..1, mnist, cifar10, imagenet, caffe, a library's preprocessing by name (torchvision, keras-tf, keras-caffe, keras-torch, timm, timm-0.9, teachable-machine; with its fit of pictures), or scale=S;mean=M,…;std=S,…, each followed by ;order=bgr for channels in the order blue, green, red, or a preprocessor_config.json of Hugging Face or a config.json of timm (default: such a file beside the model, else guessed).",
        HelpName = "ENCODING",
    };

    private readonly Option<ImageLayout?> _layout = Choices.Of(
        "--layout", "The order of the model's input (default: derived from its shape).",
        ("nchw", ImageLayout.Nchw), ("nhwc", ImageLayout.Nhwc), ("flat", ImageLayout.Flat));

    private readonly Option<ScoreKind?> _scores = Choices.Of<ScoreKind>(
        "--scores", "The kind of values in the model's output, which are used unchanged: logits, log-probabilities, probabilities, or independent-probabilities, one sigmoid per class (default: detected on the images, and scores are taken in front of a last Softmax or Sigmoid).",
        ScoreKinds.Name);

    private readonly Option<string> _output = new("--output")
    {
        Description = "The output with the scores, for a model with several outputs (default: chosen by type, shape and name).",
        HelpName = "NAME",
    };

    private readonly Option<int?> _threads = Numbers.Int("--threads", "Parallel calls of the model on the CPU (default: one per core).", "N", 1, 1024);

    private readonly Option<double?> _accuracy = Numbers.Real(
        "--min-accuracy", "The least share of the images that the model must classify correctly; up to 64 are tried. 0 accepts any model (default: 0.6; 0.4 for 100 classes or more).", "SHARE", 0, 1);

    /// <summary>The default of the least share that a model of so many classes must classify correctly.</summary>
    public static double LeastAccuracy(int classes) => classes >= OnnxOracleOptions.ManyClasses ? MinAccuracyOfMany : MinAccuracy;

    public IReadOnlyList<Option> All => [_model, _device, _pixels, _layout, _scores, _output, _threads];

    /// <param name="command">The command.</param>
    /// <param name="attacks">Whether the command attacks the model, which an argument names if not.</param>
    public void AddTo(Command command, bool attacks = true) => command.Add(attacks ? [.. All, _accuracy] : All.Where(option => option != _model));

    /// <summary>The file of the given model; null if none is given, or it is no file.</summary>
    public string? GivenModel(ParseResult parsed) => parsed.GetValue(_model) is { } named && !RemoteClassifier.IsAddress(named) ? Bundled.Resolve(named) : null;

    /// <summary>Adds the options of a model behind a network too.</summary>
    public void AddRemoteTo(Command command) => _remote.AddTo(command);

    /// <summary>The option that a resumed run may be given anew.</summary>
    public Option MaxCost => _remote.MaxCost;

    /// <summary>The highest cost that a resumed run is given anew; null for none.</summary>
    public double? Most(ParseResult parsed) => _remote.Most(parsed);

    /// <summary>Whether the model is behind a network, or a program.</summary>
    public bool IsRemote(ParseResult parsed) => parsed.GetValue(_model) is { } named && RemoteClassifier.IsAddress(named);

    /// <summary>The model's file; null if it is none.</summary>
    public string? File(ParseResult parsed) => IsRemote(parsed) ? null : ModelPath(parsed);

    public string ModelPath(ParseResult parsed) =>
        parsed.GetValue(_model) is { } named ? RemoteClassifier.IsAddress(named) ? named : Bundled.Resolve(named) : Bundled.Target(ImageOptions.Dataset(parsed) == "cifar10" ? "cifar10-cnn.onnx" : "mnist-cnn.onnx");

    /// <summary>Loads the model without images.</summary>
    public OnnxClassifierOracle Load(ParseResult parsed) => OnnxClassifierOracle.Load(OnnxPath(parsed), Options(parsed));

    public ScoreKind? Scores(ParseResult parsed) => parsed.GetValue(_scores);

    public OnnxOracleOptions Options(ParseResult parsed) => new()
    {
        Device = parsed.GetValue(_device) is { } device ? _device.Read(device, OnnxDevice.Parse) : OnnxDevice.Cpu,
        Encoding = Encoding(parsed),
        Declared = Processor(parsed, GivenModel(parsed))?.Encoding,
        Layout = parsed.GetValue(_layout),
        Scores = parsed.GetValue(_scores),
        Output = parsed.GetValue(_output),
        Threads = parsed.GetValue(_threads),
        BatchSizes = BatchSizes.OfUser,
        Warn = terminal.Note,
    };

    /// <summary>Loads the model for these images, gives them its number of channels, and, unless a run is resumed, tells what was taken for granted and checks the accuracy.</summary>
    /// <exception cref="InputException">
    /// The model cannot be used, the images do not fit it, or too few of them are classified correctly. If only one of the two was named, the message says so.
    /// </exception>
    public OnnxClassifierOracle Load(ParseResult parsed, ref ImageSet images, bool resumes = false, int? batch = null)
    {
        if (!resumes)
        {
            images.Warnings.ToList().ForEach(terminal.Note);
        }

        try
        {
            var model = OnnxClassifierOracle.Load(OnnxPath(parsed), images, Options(parsed) with { PreferredRows = batch, MinAccuracy = resumes ? null : parsed.GetValue(_accuracy) ?? MinAccuracy, MinAccuracyOfMany = resumes ? null : parsed.GetValue(_accuracy) ?? MinAccuracyOfMany });
            images = model.Fit(images);
            if (!resumes)
            {
                terminal.Note($"Taken for granted: {string.Join("; ", [model.Info.Assumptions, .. images.Assumptions])}.");
            }

            return model;
        }
        catch (InputException e)
        {
            throw Unnamed(parsed, images, e) ?? e;
        }
    }

    /// <summary>Opens the model, which may be behind a network, for these images, as <see cref="Load(ParseResult, ref ImageSet, bool, int?)"/> does.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="images">The images, which get the model's size.</param>
    /// <param name="classes">The names of the classes, for services that answer with names.</param>
    /// <param name="around">The decorators around the model, of which a network does retries and the time limit itself.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <param name="resumes">Whether a run is resumed.</param>
    /// <param name="batch">The most rows of a call; null to choose them.</param>
    public IClassifier Open(ParseResult parsed, ref ImageSet images, ClassNames? classes, ref OracleOptions around, CancellationToken cancellation, bool resumes = false, int? batch = null)
    {
        if (!IsRemote(parsed))
        {
            _remote.ThrowIfGiven(parsed, ModelPath(parsed));
            return Load(parsed, ref images, resumes, batch);
        }

        string address = ModelPath(parsed);
        RemoteOptions options = RemoteOptions(parsed, address, classes);
        options = options with
        {
            RequestRows = batch,
            MinAccuracy = resumes ? null : parsed.GetValue(_accuracy) ?? MinAccuracy,
            MinAccuracyOfMany = resumes ? null : parsed.GetValue(_accuracy) ?? MinAccuracyOfMany,
            Retry = around.Retries is { } retries ? options.Retry with { Retries = retries } : options.Retry,
            Timeout = around.CallTimeout ?? options.Timeout,
        };
        around = around with { Retries = null, CallTimeout = null };
        if (!resumes)
        {
            images.Warnings.ToList().ForEach(terminal.Note);
        }

        var model = RemoteClassifier.Open(address, images, options, cancellation);
        images = model.Fit(images);
        if (!resumes)
        {
            model.Info.Warnings.ToList().ForEach(terminal.Note);
            terminal.Note($"Taken for granted: {string.Join("; ", [model.Info.Assumptions, .. images.Assumptions])}.");
        }

        return model;
    }

    /// <summary>Throws if a service that answers with labels is to be attacked by its scores.</summary>
    /// <exception cref="InputException">It is.</exception>
    public static void ThrowIfLabels(IClassifier model, bool labelsOnly)
    {
        if (model is RemoteClassifier { Info: { LabelsOnly: true, Path: var address } } && !labelsOnly)
        {
            throw new InputException($"Model {address} answers with labels and no scores; add --labels-only.");
        }
    }

    /// <summary>What the file that --pixels names says of pictures, or without --pixels, the file beside the model; null for neither.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model's file; null if it is none.</param>
    public static ImageProcessor? Processor(ParseResult parsed, string? model) => parsed.Text(PixelsName) is { } pixels
        ? pixels.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReadProcessor(pixels) : null
        : model is null ? null : ImageProcessor.Beside(model);

    private static ImageProcessor ReadProcessor(string path)
    {
        try
        {
            return ImageProcessor.Read(path);
        }
        catch (InputException e)
        {
            throw new InputException($"{PixelsName} {e.Message}", e);
        }
    }

    private PixelEncoding? Encoding(ParseResult parsed) => parsed.GetValue(_pixels) is not { } pixels ? null : Processor(parsed, null)?.Encoding ?? _pixels.Read(pixels, PixelEncoding.Parse);

    /// <summary>How a model behind a network is asked.</summary>
    /// <exception cref="InputException">An option is for a model that is a file, or cannot be used.</exception>
    public RemoteOptions RemoteOptions(ParseResult parsed, string address, ClassNames? classes) =>
        parsed.FirstGiven(_device, _threads) is { } idle ? throw new InputException($"{idle.Name} is for a model that is a file, and {address} is none; remove it.")
        : _remote.Options(parsed, classes) with
        {
            Encoding = Encoding(parsed),
            Layout = parsed.GetValue(_layout),
            Scores = parsed.GetValue(_scores),
            Output = parsed.GetValue(_output),
            Warn = terminal.Note,
        };

    /// <summary>Throws if an option for a model behind a network was given for one that is a file.</summary>
    /// <exception cref="InputException">One was.</exception>
    public void ThrowIfRemoteGiven(ParseResult parsed, string path) => _remote.ThrowIfGiven(parsed, path);

    private string OnnxPath(ParseResult parsed) => !IsRemote(parsed) ? ModelPath(parsed)
        : throw new InputException($"This command needs the file of a model, and {ModelPath(parsed)} is none; zo attack, compare and audit take such a model.") { Argument = "Model" };

    // If only a model or only images are named, the other is a default, which may be the cause of the mismatch.
    private InputException? Unnamed(ParseResult parsed, ImageSet images, InputException e)
    {
        bool ownModel = parsed.GetValue(_model) is not null;
        if (ownModel == ImageOptions.AreNamed(parsed))
        {
            return null;
        }

        string path = ModelPath(parsed);
        string takes = "";
        try
        {
            using OnnxClassifierOracle bare = OnnxClassifierOracle.Load(path, Options(parsed) with { Warn = null, BatchSizes = null });
            if (bare.Info.Image != images.Shape)
            {
                takes = $", which takes {bare.Info.Image}";
            }
            else if (ownModel && Enumerable.Range(0, images.Count).Any(i => images.Label(i) >= bare.ScoreLength))
            {
                takes = $", which knows {bare.ScoreLength} classes";
            }
            else
            {
                return null;
            }
        }
        catch (InputException own)
        {
            // A model with open image size cannot be loaded without images. Errors that do not depend on the images are reported unchanged.
            if (own.Message == e.Message)
            {
                return null;
            }
        }

        return new InputException(
            ownModel
                ? $"No images are named, and generated digits ({images.Shape}) do not fit model {path}{takes}; name your images with --images, or a data set with --dataset."
                : $"No model is named, and images of {images.Shape} do not fit the bundled {Path.GetFileName(path)}{takes}; name your model with --model.",
            e);
    }
}

using System.CommandLine;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options that name the target classifier and how it is fed.</summary>
internal sealed class TargetOptions(Terminal terminal)
{
    private readonly Option<string> _model = new("--model")
    {
        Description = "The ONNX classifier to attack; a bundled one without it, for digits or, with --dataset cifar10, for those images.",
        HelpName = "M.onnx",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "Where the model runs: auto, cpu (the default), or cuda[:I], which fails where there is none.",
        HelpName = "auto|cpu|cuda[:I]",
    };

    private readonly Option<string> _pixels = new("--pixels")
    {
        Description = "How pixels 0..1 become the model's input: 0..255, -1..1, mnist, cifar10, imagenet, or scale=S;mean=M,…;std=S,…; guessed without it.",
        HelpName = "ENCODING",
    };

    private readonly Option<ImageLayout?> _layout = Choices.Of(
        "--layout", "The order of the model's input; read off its shape without it.",
        ("nchw", ImageLayout.Nchw), ("nhwc", ImageLayout.Nhwc), ("flat", ImageLayout.Flat));

    private readonly Option<ScoreKind?> _scores = Choices.Of(
        "--scores", "What the model's scores are: logits, log-probabilities or probabilities; found out on the images without it.",
        ("logits", ScoreKind.Logits), ("log-probabilities", ScoreKind.LogProbabilities), ("probabilities", ScoreKind.Probabilities));

    private readonly Option<string> _output = new("--output")
    {
        Description = "The model's output that holds the scores, for a model with several.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _threads = Numbers.Int("--threads", "Parallel calls of the model on the CPU; one per core without it.", "N", 1, 1024);

    public void AddTo(Command command, bool withModel = true)
    {
        if (withModel)
        {
            command.Options.Add(_model);
        }

        command.Options.Add(_device);
        command.Options.Add(_pixels);
        command.Options.Add(_layout);
        command.Options.Add(_scores);
        command.Options.Add(_output);
        command.Options.Add(_threads);
    }

    public bool IsNamed(ParseResult parsed) => parsed.GetValue(_model) is not null;

    public string ModelPath(ParseResult parsed) =>
        parsed.GetValue(_model) ?? Bundled.Target(ImageOptions.Dataset(parsed) == "cifar10" ? "cifar10-cnn.onnx" : "mnist-cnn.onnx");

    public ScoreKind? Scores(ParseResult parsed) => parsed.GetValue(_scores);

    public OnnxOracleOptions Options(ParseResult parsed) => new()
    {
        Device = parsed.GetValue(_device) is { } device ? Device.Parse(device) : Device.Cpu,
        Encoding = parsed.GetValue(_pixels) is { } pixels ? PixelEncoding.Parse(pixels) : null,
        Layout = parsed.GetValue(_layout),
        Scores = parsed.GetValue(_scores),
        Output = parsed.GetValue(_output),
        Threads = parsed.GetValue(_threads),
        BatchSizes = BatchSizes.OfUser,
        Warn = terminal.Note,
    };

    public OnnxClassifierOracle Load(ParseResult parsed, ImageSet images) =>
        OnnxClassifierOracle.Load(ModelPath(parsed), images, Options(parsed));
}

using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>A description of a learned optimizer's file.</summary>
public sealed record OptimizerFileInfo
{
    /// <summary>The path as given.</summary>
    public required string Path { get; init; }

    /// <summary>The file's SHA-256, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The learned model.</summary>
    public required LearnedModel Model { get; init; }

    /// <summary>The graph's inputs with their shapes, such as <c>state [P, d, 40]</c> for P problems of d coordinates.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The graph's outputs with their shapes.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>The program that wrote the file; empty if the file does not state it.</summary>
    public required string Producer { get; init; }

    /// <summary>The version of the ONNX operators that the file uses.</summary>
    public required long Opset { get; init; }

    /// <summary>The version of the ONNX file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>All of it as named lines of text.</summary>
    public IEnumerable<(string Name, string Text)> ToText() =>
    [
        ("optimizer", Path),
        ("sha256", Sha256),
        ("format", $"version {LearnedModel.FormatVersion} of learned optimizers, made by {(Producer.Length > 0 ? Producer : "unknown")}, opset {Opset}, IR version {IrVersion}"),
        .. Model.Kind == LearnedKind.Proximal
            ? new[]
            {
                ("step", "proximal: exact for the distortion and the box, with a running gradient estimate from all answers; directions favour coordinates with large slopes"),
                ("network", $"decides how much to trust the estimate and the rate: {Network(Model.Update, $"{Model.Update.Inputs} features")}"),
                ("spatial part", Model.Spatial is { } spatial ? $"says where in an image to ask: 4 convolutional layers of {SpatialWeights.Channels} channels over {SpatialWeights.Maps} maps: {spatial.Values.Length} parameters" : "none"),
            }
            :
            [
                ("UpdateRNN", Network(Model.Update, Model.Kind != LearnedKind.Gated ? "the gradient estimate"
                    : $"the gradient estimate, its size, θ{(Model.Update.Inputs == GatedStep.OlderInputs ? " and the time" : ", the time, the length of the run and the distortion's share")}")),
                ("QueryRNN", Model.Query is { } query ? Network(query, "the gradient estimate and the update") : "none: directions are drawn from N(0, I)"),
            ],
        ("parameters", $"{Model.Update.Values.Length + (Model.Query?.Values.Length ?? 0) + (Model.Spatial?.Values.Length ?? 0)}"),
        ("inputs", string.Join(", ", Inputs)),
        ("outputs", string.Join(", ", Outputs)),
        ("trained on", Model.TrainedOn.Length > 0 ? Model.TrainedOn : "not stated"),
        ("q", $"{Model.Directions} directions per step"),
        ("μ", Model.Smoothing is { } smoothing ? smoothing.ToString(CultureInfo.InvariantCulture) : "measured by each run"),
        ("seed", Model.Seed.ToString(CultureInfo.InvariantCulture)),
        ("validation", double.IsNaN(Model.ValidationLoss) ? "not measured" : string.Create(CultureInfo.InvariantCulture, $"loss {Model.ValidationLoss:0.0000} on problems that it was not trained on")),
    ];

    private static string Network(RnnWeights weights, string inputs) =>
        $"LSTM of {weights.Hidden} hidden unit{(weights.Hidden == 1 ? "" : "s")} over {inputs}, and {(weights.Outputs == 1 ? "one linear output" : $"{weights.Outputs} linear outputs")}, {(weights.HasBias ? "with" : "without")} biases{(weights.HasSkip ? " and with a skip connection" : "")}: {weights.Values.Length} parameters, shared by all coordinates";
}

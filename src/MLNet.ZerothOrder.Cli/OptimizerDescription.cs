using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The description of a learned optimizer by <c>zo inspect</c>.</summary>
internal static class OptimizerDescription
{
    public static void Write(Terminal terminal, OptimizerFileInfo file)
    {
        LearnedModel model = file.Model;
        int parameters = model.Update.Values.Length + (model.Query?.Values.Length ?? 0);
        NamedLine.Write(terminal, "optimizer", file.Path);
        NamedLine.Write(terminal, "sha256", file.Sha256);
        NamedLine.Write(terminal, "format", $"version {LearnedModel.FormatVersion} of learned optimizers, made by {(file.Producer.Length > 0 ? file.Producer : "unknown")}, opset {file.Opset}, IR version {file.IrVersion}");
        if (model.Kind == LearnedKind.Proximal)
        {
            NamedLine.Write(terminal, "step", "proximal: exact for the distortion and the box, with a running gradient estimate from all answers; directions favour coordinates with large slopes");
            NamedLine.Write(terminal, "network", $"decides how much to trust the estimate and the rate: {Network(model.Update, $"{model.Update.Inputs} features")}");
        }
        else
        {
            NamedLine.Write(terminal, "UpdateRNN", Network(model.Update, model.Kind == LearnedKind.Gated ? "the gradient estimate, its size, θ and the time" : "the gradient estimate"));
            NamedLine.Write(terminal, "QueryRNN", model.Query is { } query ? Network(query, "the gradient estimate and the update") : "none: directions are drawn from N(0, I)");
        }

        NamedLine.Write(terminal, "parameters", $"{parameters}");
        NamedLine.Write(terminal, "inputs", string.Join(", ", file.Inputs));
        NamedLine.Write(terminal, "outputs", string.Join(", ", file.Outputs));
        NamedLine.Write(terminal, "trained on", model.TrainedOn.Length > 0 ? model.TrainedOn : "not stated");
        NamedLine.Write(terminal, "q", $"{model.Directions} directions per step");
        NamedLine.Write(terminal, "μ", model.Smoothing is { } smoothing ? smoothing.ToString(CultureInfo.InvariantCulture) : "measured by each run");
        NamedLine.Write(terminal, "seed", model.Seed.ToString(CultureInfo.InvariantCulture));
        NamedLine.Write(terminal, "validation", double.IsNaN(model.ValidationLoss) ? "not measured" : string.Create(CultureInfo.InvariantCulture, $"loss {model.ValidationLoss:0.0000} on problems that it was not trained on"));
    }

    private static string Network(RnnWeights weights, string inputs) =>
        $"LSTM of {weights.Hidden} hidden unit{(weights.Hidden == 1 ? "" : "s")} over {inputs}, and {(weights.Outputs == 1 ? "one linear output" : $"{weights.Outputs} linear outputs")}, {(weights.HasBias ? "with" : "without")} biases{(weights.HasSkip ? " and with a skip connection" : "")}: {weights.Values.Length} parameters, shared by all coordinates";
}

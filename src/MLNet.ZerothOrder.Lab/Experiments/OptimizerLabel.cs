namespace MLNet.ZerothOrder.Lab;

/// <summary>The names of optimizers in the paper's figures.</summary>
internal static class OptimizerLabel
{
    /// <summary>The name in figures, such as ZO-SGD for <c>zo-sgd</c>, or ZO-LSTM-no-query for <c>zo-lstm-mnist:no-query</c>.</summary>
    /// <param name="typed">The optimizer, as typed.</param>
    /// <param name="learned">The optimizer that corresponds to the paper's ZO-LSTM in this figure.</param>
    public static string Of(string typed, string learned)
    {
        (string name, string suffix) = typed.Split(':') is [var a, var b] ? (a, $"-{b}") : (typed, "");
        if (suffix == "-guided-es")
        {
            suffix = "-GuidedES";
        }

        return name switch
        {
            "zo-sgd" => "ZO-SGD",
            "zo-signsgd" => "ZO-signSGD",
            "zo-adam" => "ZO-ADAM",
            "zo-prox" => "zo-prox",
            PulledSgd.Label => "ZO-SGD with a pull to 0, decaying (not the paper's)",
            _ when name == learned => $"ZO-LSTM{suffix}",
            _ when name.EndsWith("-finetuned", StringComparison.Ordinal) => $"ZO-LSTM-finetune{suffix}",
            _ => Path.GetFileNameWithoutExtension(name) + suffix,
        };
    }
}

using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>--prior</c>: a prior from which optimizers start.</summary>
internal sealed class PriorOption
{
    private const string Auto = "auto";

    private readonly Option<string> _option = new("--prior")
    {
        Description = $"Start from a prior, which was learned by asking a model about training images: the file of 'zo train --kind prior', a bundled one ({string.Join(", ", Bundled.Priors)}), or {Auto}, the bundled one that was learned on this model (default: none).",
        HelpName = "NAME|F.onnx|auto",
    };

    public Option Option => _option;

    /// <summary>Opens the prior; null for none.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="modelPath">The file of the attacked model; null if it is none.</param>
    /// <exception cref="InputException">There is no such prior, or its file cannot be used.</exception>
    public OnnxPrior? Open(ParseResult parsed, string? modelPath)
    {
        if (parsed.GetValue(_option) is not { } named)
        {
            return null;
        }

        return named == Auto ? OfModel(modelPath ?? throw new InputException($"--prior {Auto} knows models by their files, and the model is none; name one of {string.Join(", ", Bundled.Priors)}, or a file."))
            : Path.Exists(named) ? _option.Read(named, path => new OnnxPrior(path))
            : Bundled.Prior(named) is { } file ? new OnnxPrior(file, named)
            : throw new InputException($"--prior is '{named}', which is no file; give the file of a prior, {string.Join(", ", Bundled.Priors)} or {Auto}.");
    }

    /// <summary>What the user is told after a run: the model on which the prior was learned.</summary>
    public static string Note(OnnxPrior prior, string modelSha256) =>
        $"The prior {prior.Origin.Name} was learned on {(prior.Info.TargetSha256 == modelSha256 ? "this model" : $"another model, {prior.Info.Target}")}.";

    private static OnnxPrior OfModel(string modelPath)
    {
        string sha256 = Sha256(modelPath);
        return Bundled.Priors.FirstOrDefault(name => PriorFile.Describe(Bundled.Prior(name)!).TargetSha256 == sha256) is { } found ? new OnnxPrior(Bundled.Prior(found)!, found)
            : throw new InputException($"--prior {Auto} finds no bundled prior that was learned on {modelPath}; learn one with 'zo train --kind prior', or name one of {string.Join(", ", Bundled.Priors)}.");
    }

    private static string Sha256(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
    }
}

namespace MLNet.ZerothOrder.Cli;

/// <summary>Finds the files that are shipped with zo: in the folder that <c>ZO_HOME</c> names, else in the program's own folder.</summary>
internal static class Bundled
{
    // ./zo sets this to the repository's root, so that a newly trained model is used at once.
    private const string HomeVariable = "ZO_HOME";

    /// <summary>The names of the bundled learned optimizers, in ordinal order.</summary>
    public static IReadOnlyList<string> Optimizers => Names("optimizers");

    /// <summary>The names of the bundled target classifiers, in ordinal order.</summary>
    public static IReadOnlyList<string> Targets => Names("targets");

    /// <summary>The names of the bundled priors, in ordinal order.</summary>
    public static IReadOnlyList<string> Priors => Names("priors");

    /// <summary>The file of a bundled prior; null for an unknown name.</summary>
    public static string? Prior(string name) => Priors.Contains(name) ? Path.Combine(Folder("priors"), $"{name}.onnx") : null;

    /// <summary>The file for a name: an existing file, else the bundled target, learned optimizer or prior with this name.</summary>
    /// <returns>The name itself if there is neither.</returns>
    /// <exception cref="InputException">There is neither, but a bundled file has a similar name.</exception>
    public static string Resolve(string name)
    {
        if (Path.Exists(name))
        {
            return name;
        }

        return (Targets.Contains(name) ? Target($"{name}.onnx") : Optimizer(name) ?? Prior(name))
            ?? (NearestName.Of(Path.GetFileNameWithoutExtension(name), [.. Targets, .. Optimizers, .. Priors]) is { } nearest
                ? throw new InputException($"'{name}' does not exist; check the path, or give the bundled '{nearest}'.") : name);
    }

    /// <summary>The folder of the bundled target classifiers.</summary>
    public static string TargetFolder => Folder("targets");

    /// <summary>The file of a bundled target classifier.</summary>
    /// <exception cref="InputException">The file is missing from the installation.</exception>
    public static string Target(string name)
    {
        string path = Path.Combine(TargetFolder, name);
        return File.Exists(path) ? path : throw new InputException($"The bundled model {path} is missing; reinstall zo, or name a model with --model.");
    }

    /// <summary>The file of a bundled learned optimizer; null for an unknown name.</summary>
    public static string? Optimizer(string name) => Optimizers.Contains(name) ? Path.Combine(Folder("optimizers"), $"{name}.onnx") : null;

    private static string[] Names(string kind) => Directory.Exists(Folder(kind))
        ? [.. Directory.GetFiles(Folder(kind), "*.onnx").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)] : [];

    private static string Folder(string kind) =>
        Path.Combine(Environment.GetEnvironmentVariable(HomeVariable) is { Length: > 0 } home ? home : AppContext.BaseDirectory, "onnx", kind);
}

namespace MLNet.ZerothOrder.Cli;

/// <summary>Finds the files that ship with zo.</summary>
internal static class Bundled
{
    /// <summary>A bundled target classifier, in the program's own folder.</summary>
    /// <exception cref="InputException">The installation lacks it.</exception>
    public static string Target(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "onnx", "targets", name);
        return File.Exists(path) ? path : throw new InputException($"The bundled model {path} is missing; reinstall zo, or name a model with --model.");
    }
}

namespace MLNet.ZerothOrder.Cli;

/// <summary>Finds the files that ship with zo.</summary>
internal static class Bundled
{
    // Set by ./zo: the repository's root, so that a target trained anew is used at once.
    private const string HomeVariable = "ZO_HOME";

    /// <summary>A bundled target classifier: in the home that <c>ZO_HOME</c> names, else in the program's own folder.</summary>
    /// <exception cref="InputException">The installation lacks it.</exception>
    public static string Target(string name)
    {
        string? home = Environment.GetEnvironmentVariable(HomeVariable);
        string path = Path.Combine(home is { Length: > 0 } ? home : AppContext.BaseDirectory, "onnx", "targets", name);
        return File.Exists(path) ? path : throw new InputException($"The bundled model {path} is missing; reinstall zo, or name a model with --model.");
    }
}

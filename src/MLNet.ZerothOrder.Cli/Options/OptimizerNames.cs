namespace MLNet.ZerothOrder.Cli;

/// <summary>Lists of optimizers in options.</summary>
internal static class OptimizerNames
{
    /// <summary>Splits the comma-separated list of an option.</summary>
    public static string[] Split(string list, string option = "--optimizers")
    {
        string[] names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
        {
            throw new InputException($"{option} names no optimizer; give names separated by commas, such as zo-sgd,zo-adam.");
        }

        return names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new InputException($"{option} names '{twice.Key}' twice; name each once.") : names;
    }
}

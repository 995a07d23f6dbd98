namespace MLNet.ZerothOrder.Cli;

/// <summary>An optimizer as it was typed: a registered name, with <c>:antithetic</c> where its differences are to be antithetic.</summary>
/// <param name="Typed">As typed.</param>
/// <param name="Name">The registered name.</param>
/// <param name="Settings">The settings it runs with.</param>
/// <param name="Optimizer">The optimizer.</param>
internal sealed record OptimizerChoice(string Typed, string Name, OptimizerSettings Settings, IZerothOrderOptimizer Optimizer)
{
    private const string Antithetic = ":antithetic";

    /// <summary>Whether nothing in it was learned.</summary>
    public bool IsHandDesigned => Optimizer is not LearnedOptimizer;

    /// <summary>Makes the optimizer that was typed.</summary>
    /// <param name="registry">The optimizers there are.</param>
    /// <param name="typed">As typed.</param>
    /// <param name="file">Tuned settings; null for none.</param>
    /// <param name="directions">q.</param>
    /// <param name="measureSmoothing">Whether μ is to be measured even where the settings carry one.</param>
    public static OptimizerChoice Make(OptimizerRegistry registry, string typed, SettingsFile? file, int directions, bool measureSmoothing)
    {
        (string name, EstimateKind estimate) = Parse(registry, typed);

        // Settings tuned for the one-sided form are a better start for the antithetic one than none at all.
        OptimizerSettings settings = file?.For(typed) ?? file?.For(name) ?? new OptimizerSettings { Smoothing = file?.Smoothing };
        settings = settings with
        {
            Directions = directions,
            Estimate = typed == name ? settings.Estimate : estimate,
            Smoothing = measureSmoothing ? null : settings.Smoothing,
        };
        return new OptimizerChoice(typed, name, settings, registry.Create(name, settings));
    }

    /// <summary>Splits what was typed.</summary>
    /// <exception cref="InputException">No optimizer has this name.</exception>
    public static (string Name, EstimateKind Estimate) Parse(OptimizerRegistry registry, string typed)
    {
        bool antithetic = typed.EndsWith(Antithetic, StringComparison.Ordinal);
        string name = antithetic ? typed[..^Antithetic.Length] : typed;
        if (name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            throw new InputException(
                $"Optimizer '{typed}' is a model file; give one of {string.Join(", ", registry.Names)} (a classifier to attack goes to --model).");
        }

        registry.ThrowIfUnknown(name);
        return (name, antithetic ? EstimateKind.Antithetic : EstimateKind.Forward);
    }

    /// <summary>Splits a comma-separated list that some option was given.</summary>
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

    /// <summary>The settings by name, as far as they shape this optimizer's run.</summary>
    public IEnumerable<(string Name, object? Value)> Describe()
    {
        yield return ("directions", Settings.Directions);
        yield return ("estimate", Settings.Estimate == EstimateKind.Antithetic ? "antithetic" : "forward");
        yield return ("stepSize", Settings.StepSize);
        if (Name == "zo-adam")
        {
            yield return ("beta1", Settings.Beta1);
            yield return ("beta2", Settings.Beta2);
            yield return ("epsilon", Settings.Epsilon);
        }

        if (Name == "guided-es")
        {
            yield return ("alpha", Settings.Alpha);
        }
    }
}

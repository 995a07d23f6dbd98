namespace MLNet.ZerothOrder.Cli;

/// <summary>An optimizer that was typed, ready to run.</summary>
/// <param name="Name">What was typed, taken apart.</param>
/// <param name="Optimizer">The optimizer.</param>
/// <param name="Settings">The settings by name, as far as they shape this optimizer's run.</param>
/// <param name="Resource">What the optimizer runs on and must be released after it; null for nothing.</param>
internal sealed record OptimizerChoice(
    OptimizerName Name, IZerothOrderOptimizer Optimizer, IReadOnlyList<(string Name, object? Value)> Settings, IDisposable? Resource = null) : IDisposable
{
    /// <summary>Makes the optimizer that was typed.</summary>
    /// <exception cref="InputException">There is no such optimizer, or its file is not good.</exception>
    public static OptimizerChoice Make(OptimizerRegistry registry, string typed, OptimizerWishes wishes)
    {
        OptimizerName name = OptimizerName.Parse(registry, typed);
        return name.File is null ? HandDesignedChoice.Make(registry, name, wishes) : LearnedChoice.Make(name, name.File, wishes);
    }

    /// <summary>Whether nothing in it was learned.</summary>
    public bool IsHandDesigned => Name.File is null;

    /// <summary>Whether a setting shapes this optimizer's run.</summary>
    public bool Has(string setting) => Settings.Any(s => s.Name == setting);

    public void Dispose() => Resource?.Dispose();
}

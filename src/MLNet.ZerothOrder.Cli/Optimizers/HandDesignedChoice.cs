namespace MLNet.ZerothOrder.Cli;

/// <summary>Makes registered optimizers.</summary>
internal static class HandDesignedChoice
{
    /// <summary>q without a wish, which is the paper's.</summary>
    public const int Directions = 20;

    public static OptimizerChoice Make(OptimizerRegistry registry, OptimizerName name, OptimizerWishes wishes)
    {
        // Settings tuned for the one-sided form are a better start for the antithetic one than none at all.
        OptimizerSettings settings = wishes.Settings?.For(name.Typed) ?? wishes.Settings?.For(name.Base)
            ?? registry.Untuned(name.Base) with { Smoothing = wishes.Settings?.Smoothing };
        settings = settings with
        {
            Directions = wishes.Directions ?? Directions,
            Estimate = name.Suffix is null ? settings.Estimate : EstimateKind.Antithetic,
            Smoothing = wishes.MeasureSmoothing ? null : settings.Smoothing,
        };
        return new OptimizerChoice(name, registry.Create(name.Base, settings), [.. Describe(name.Base, settings)]);
    }

    private static IEnumerable<(string Name, object? Value)> Describe(string name, OptimizerSettings settings)
    {
        yield return ("kind", "hand-designed");
        yield return ("directions", settings.Directions);
        yield return ("estimate", settings.Estimate == EstimateKind.Antithetic ? "antithetic" : "forward");
        yield return ("stepSize", settings.StepSize);
        if (name == "zo-adam")
        {
            yield return ("beta1", settings.Beta1);
            yield return ("beta2", settings.Beta2);
            yield return ("epsilon", settings.Epsilon);
        }

        if (name == "guided-es")
        {
            yield return ("alpha", settings.Alpha);
        }
    }
}

namespace MLNet.ZerothOrder;

/// <summary>Options of the optimizers of a run. Each optimizer ignores options that do not apply to it.</summary>
public sealed record NamedOptimizerOptions
{
    /// <summary>Tuned settings of hand-designed optimizers; null for none.</summary>
    public SettingsFile? Settings { get; init; }

    /// <summary>q; null for the value of a learned optimizer's training, and 20 for others.</summary>
    public int? Directions { get; init; }

    /// <summary>Whether μ is measured even if the settings or the optimizer's file have one.</summary>
    public bool MeasureSmoothing { get; init; }

    /// <summary>p, the probability per step of using QueryRNN's directions; null for 0.5, or 0.25 with a gated UpdateRNN.</summary>
    public double? Mix { get; init; }

    /// <summary>α, the factor of a learned optimizer's updates (default: 1).</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The implementation of a learned optimizer's steps.</summary>
    public StepKind Step { get; init; }
}

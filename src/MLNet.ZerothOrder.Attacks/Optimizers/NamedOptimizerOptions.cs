namespace MLNet.ZerothOrder;

/// <summary>How the optimizers of a run are made. Each takes what concerns it.</summary>
public sealed record NamedOptimizerOptions
{
    /// <summary>Tuned settings of hand-designed optimizers; null for none.</summary>
    public SettingsFile? Settings { get; init; }

    /// <summary>q; null for what a learned optimizer was trained with, and 20 for others.</summary>
    public int? Directions { get; init; }

    /// <summary>Whether μ is measured even where settings or an optimizer's file carry one.</summary>
    public bool MeasureSmoothing { get; init; }

    /// <summary>p: how often a step's directions are QueryRNN's, drawn per step.</summary>
    public double Mix { get; init; } = 0.5;

    /// <summary>α: multiplies a learned optimizer's updates.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What computes the steps of a learned optimizer.</summary>
    public StepKind Step { get; init; }
}

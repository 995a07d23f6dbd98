namespace MLNet.ZerothOrder;

/// <summary>What <see cref="BlackBoxAttackEstimator.Fit"/> does with its rows.</summary>
public enum AttackTraining
{
    /// <summary>The optimizer stays as it is. Fit reads a few rows at most.</summary>
    None,

    /// <summary>The learned optimizer learns on from its weights, on attacks of these rows.</summary>
    FineTune,

    /// <summary>An optimizer of the same architecture is learned from drawn weights, on attacks of these rows.</summary>
    FromScratch,
}

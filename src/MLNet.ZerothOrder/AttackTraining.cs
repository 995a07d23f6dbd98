namespace MLNet.ZerothOrder;

/// <summary>How <see cref="BlackBoxAttackEstimator.Fit"/> trains the optimizer.</summary>
public enum AttackTraining
{
    /// <summary>The optimizer is not trained. Fit reads at most a few rows.</summary>
    None,

    /// <summary>The learned optimizer is trained further, starting with its weights, on attacks of the given rows.</summary>
    FineTune,

    /// <summary>An optimizer of the same architecture is trained from random weights, on attacks of the given rows.</summary>
    FromScratch,
}

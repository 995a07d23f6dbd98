namespace MLNet.ZerothOrder;

/// <summary>
/// Says which problem and step a queried row belongs to. A stochastic objective keys its minibatch by it,
/// so that the q+1 rows of one step share one minibatch wherever in a batch they stand.
/// </summary>
/// <param name="Problem">The problem's key: a hash of its data, its trial and the run's seed.</param>
/// <param name="Step">The step that asks, from 1; the last iterate of a run belongs to the step after the last.</param>
public readonly record struct RowKey(ulong Problem, int Step);

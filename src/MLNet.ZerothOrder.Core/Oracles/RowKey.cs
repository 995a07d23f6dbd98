namespace MLNet.ZerothOrder;

/// <summary>
/// The problem and the step of a queried row. A stochastic objective draws its minibatch from this key, so that the q + 1 rows of
/// one step share one minibatch, wherever they are in a batch.
/// </summary>
/// <param name="Problem">The problem's key: a hash of its data, its trial and the run's seed.</param>
/// <param name="Step">The step of the query, from 1. The final evaluation of the last iterate uses the number after the last step.</param>
public readonly record struct RowKey(ulong Problem, int Step);

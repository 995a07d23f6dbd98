namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that is asked for whole steps of attacks: the loss at θ and at each θ + μuᵢ, and the estimate of the gradient that they make. It is the same
/// q + 1 queries of the target per step, in one call with all that lies between, so that neither images nor directions leave the device;
/// there are no gradients of the target here either. u = σ ⊙ z, z the first numbers of the step's normal stream.
/// </summary>
/// <remarks>Decorators of <see cref="IQueryOracle"/> (record, retry, cache) see single rows and so none of these.</remarks>
public interface IStepOracle : IDisposable
{
    /// <summary>What every step asks.</summary>
    StepShape Shape { get; }

    /// <summary>Steps that one call can carry.</summary>
    int Steps { get; }

    /// <summary>A batch for this oracle. The caller disposes it before the oracle; each is one caller's.</summary>
    StepBatch CreateBatch();
}

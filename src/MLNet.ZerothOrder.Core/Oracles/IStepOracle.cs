namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that answers whole attack steps: the losses at θ and at each θ + μuᵢ, and the gradient estimate that they give. A step costs
/// the same q + 1 queries of the target as row by row, but takes one call, so that images and directions stay on the device. Gradients of the
/// target are not used. u = σ ⊙ z, where z are the first numbers of the step's normal stream.
/// </summary>
/// <remarks>Decorators of <see cref="IQueryOracle"/> (recording, retry, cache) work on single rows and do not apply here.</remarks>
public interface IStepOracle : IDisposable
{
    /// <summary>The shape of every step.</summary>
    StepShape Shape { get; }

    /// <summary>The most steps of one call.</summary>
    int Steps { get; }

    /// <summary>Creates a batch for this oracle. The caller disposes it before the oracle. A batch serves one caller at a time.</summary>
    StepBatch CreateBatch();
}

namespace MLNet.ZerothOrder.Training;

/// <summary>The record of one problem's steps for backpropagation, one truncation at a time.</summary>
internal abstract class Tape
{
    /// <summary>Whether <see cref="Measured"/> must be called.</summary>
    public virtual bool WantsHalves => false;

    /// <summary>Called before the step from an iterate, with two independent, unbiased estimates of ∇f there, d floats each.</summary>
    public virtual void Measured(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
    }

    /// <summary>Starts a truncation from the state before its first step.</summary>
    public abstract void Begin(ReadOnlySpan<float> state);

    /// <summary>Makes a step with the optimizer, as without training, and records it.</summary>
    public abstract void Tell(
        IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);

    /// <summary>Adds the gradient of the truncation with respect to the trained weights.</summary>
    /// <param name="backend">Computes the networks' gradients.</param>
    /// <param name="weights">The trained weights.</param>
    /// <param name="lossGradient">∂L/∂θ after each recorded step, through the loss at that iterate only: rows of d floats; may be overwritten.</param>
    /// <param name="queriedGradient">The gradient of the queried part at the same iterates, without ω_t and without the floor.</param>
    /// <param name="gradient">The gradient is added to this span, in the order of the weights' values.</param>
    public abstract void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient);
}

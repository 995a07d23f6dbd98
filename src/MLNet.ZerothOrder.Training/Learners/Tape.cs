namespace MLNet.ZerothOrder.Training;

/// <summary>What one problem's steps leave behind for backpropagation, for one truncation at a time.</summary>
internal abstract class Tape
{
    /// <summary>Whether <see cref="Measured"/> is to be told.</summary>
    public virtual bool WantsHalves => false;

    /// <summary>Told before the step that is made from an iterate: two independent, unbiased estimates of ∇f there, d floats each.</summary>
    public virtual void Measured(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
    }

    /// <summary>Starts a truncation: the state is that from which its first step will be made.</summary>
    public abstract void Begin(ReadOnlySpan<float> state);

    /// <summary>Makes a step with the optimizer, as it is made without training, and records it.</summary>
    public abstract void Tell(
        IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);

    /// <summary>Adds the truncation's gradient with respect to what is learned.</summary>
    /// <param name="backend">What computes the networks' gradients.</param>
    /// <param name="weights">What is learned.</param>
    /// <param name="lossGradient">∂L/∂θ after each recorded step, through the loss there alone: rows of d floats; may be overwritten.</param>
    /// <param name="queriedGradient">The gradient of the queried part alone at the same iterates, without ω_t and without its floor.</param>
    /// <param name="gradient">In the order of the weights' values; added to.</param>
    public abstract void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient);
}

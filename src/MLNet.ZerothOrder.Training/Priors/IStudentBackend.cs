namespace MLNet.ZerothOrder.Training;

/// <summary>Computes the loss of a <see cref="StudentNetwork"/> and its gradient.</summary>
public interface IStudentBackend
{
    /// <summary>Runs the network on a batch.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="images">Rows of pixels in [0, 1].</param>
    /// <param name="wanted">For each row K numbers: the scores, or with <paramref name="labels"/> 1 for the class and 0 for the others.</param>
    /// <param name="labels">Whether the loss is cross-entropy; else smooth ℓ1 of the scores.</param>
    /// <param name="scores">Receives K scores for each row.</param>
    /// <param name="gradient">Receives the gradient of the mean loss by the weights; empty if it is not needed.</param>
    /// <returns>The mean loss of the rows.</returns>
    double Run(
        StudentNetwork network, ReadOnlySpan<float> weights, ReadOnlySpan<float> images, ReadOnlySpan<float> wanted, bool labels, Span<float> scores, Span<float> gradient);
}

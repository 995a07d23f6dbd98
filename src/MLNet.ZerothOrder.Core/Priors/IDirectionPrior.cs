namespace MLNet.ZerothOrder;

/// <summary>
/// A guess of a classifier's answers, and so of the direction in which its margin falls, before the classifier is asked. It is bound to a size of images and to class
/// indices, and may be wrong: an attack checks it with queries. Thread-safe; the same image gives the same bits.
/// </summary>
public interface IDirectionPrior
{
    /// <summary>Floats per image.</summary>
    int InputLength { get; }

    /// <summary>K, the number of classes.</summary>
    int Classes { get; }

    /// <summary>The origin of the prior, for results and checkpoints.</summary>
    PriorOrigin Origin { get; }

    /// <summary>Predicts the scores F of an image, up to a constant that all classes share, and the gradient of Σ wⱼFⱼ by its pixels.</summary>
    /// <param name="image">Pixels in [0, 1].</param>
    /// <param name="weights">w, K floats. 1 for the image's class and −1 for another one give the gradient of the margin between them.</param>
    /// <param name="scores">Receives K floats.</param>
    /// <param name="gradient">Receives as many floats as the image has.</param>
    void Predict(ReadOnlySpan<float> image, ReadOnlySpan<float> weights, Span<float> scores, Span<float> gradient);
}

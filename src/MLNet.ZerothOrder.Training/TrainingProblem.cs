namespace MLNet.ZerothOrder.Training;

/// <summary>A problem for training or validation.</summary>
/// <param name="Id">The name of the problem in messages.</param>
/// <param name="Objective">The objective to minimize.</param>
/// <param name="Key">Returns the key of the problem's random draws in a trial. Each trial has its own start and directions.</param>
public sealed record TrainingProblem(string Id, IObjective Objective, Func<RandomKey, RandomKey> Key)
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Attacks on images of one classifier, with one problem per image.</summary>
    /// <param name="images">Labelled images that the classifier classifies correctly.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="loss">The attack loss (Eq. 6).</param>
    /// <param name="smallestWeight">
    /// The smallest c: each image has its own, evenly by logarithm between this and the c of <paramref name="loss"/>; null for that c everywhere.
    /// </param>
    public static TrainingProblem[] Attacks(Data.ImageSet images, int classes, AttackLoss loss, double? smallestWeight = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(loss);
        return [.. Enumerable.Range(0, images.Count).Select(i => new TrainingProblem(
            $"image {images.ImageName(i)}", new AttackObjective(images.Image(i), images.Label(i), classes, LossOf(i)) { Shape = images.Shape }, key => key.Derive((ulong)i)))];

        // The multiples of the golden ratio, without their whole part, cover the range evenly from any image on.
        AttackLoss LossOf(int image) => smallestWeight is { } smallest
            ? loss with { DistortionWeight = smallest * Math.Pow(loss.DistortionWeight / smallest, image * GoldenRatio % 1) } : loss;
    }

    /// <summary>Datasets of the paper's binary classification task.</summary>
    /// <param name="task">The task, which is also the oracle.</param>
    /// <param name="from">The index of the first dataset.</param>
    /// <param name="count">The number of datasets.</param>
    public static TrainingProblem[] Datasets(BinaryClassification task, int from, int count)
    {
        ArgumentNullException.ThrowIfNull(task);
        return [.. Enumerable.Range(from, count).Select(i => new TrainingProblem(
            $"dataset {i}", task.Objective, key => task.ProblemKey(i, (int)(key.Value >> 33))))];
    }

    /// <summary>Attacks on the images that a classifier gets right: the last ones validate, the others are learned on.</summary>
    /// <param name="correct">The images.</param>
    /// <param name="classes">The classifier's classes.</param>
    /// <param name="loss">The attack loss (Eq. 6).</param>
    /// <param name="validation">How many validate (default: a fifth, but 1 to 20).</param>
    /// <param name="smallestWeight">The smallest c, as in <see cref="Attacks"/>.</param>
    /// <exception cref="InputException">No image is left to learn on.</exception>
    public static (TrainingProblem[] Training, TrainingProblem[] Validation) Split(CorrectImages correct, int classes, AttackLoss loss, int? validation = null, double? smallestWeight = null)
    {
        ArgumentNullException.ThrowIfNull(correct);
        int last = validation ?? Math.Clamp(correct.Indices.Count / 5, 1, 20);
        if (correct.Indices.Count <= last)
        {
            throw new InputException($"{correct.Summary}, and {last} of them are for validation, so none is left for training; give more images, or validate on fewer.") { Argument = "Validation" };
        }

        TrainingProblem[] problems = Attacks(correct.Images, classes, loss, smallestWeight);
        return (problems[..^last], problems[^last..]);
    }
}

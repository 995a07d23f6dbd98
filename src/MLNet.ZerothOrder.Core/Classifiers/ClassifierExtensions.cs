using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Images and classifiers that fit each other.</summary>
public static class ClassifierExtensions
{
    /// <summary>
    /// The images with the model's size and number of channels (<see cref="ImageSet.At"/>): pictures resized and cropped, gray for a model of colors, equal colors for a model of gray, with or
    /// without opacity; the same images if that is not possible or not needed.
    /// </summary>
    public static ImageSet Fit(this IClassifier classifier, ImageSet images)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(images);
        return images.At(classifier.Info.Image) ?? images;
    }

    /// <summary>Checks that images fit the model: their size, labels below the number of classes or none at all (<see cref="ImageSet.IsUnlabelled"/>), pixels in 0..1.</summary>
    /// <exception cref="InputException">The images do not fit the model.</exception>
    public static void EnsureMatches(this IClassifier classifier, ImageSet images)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(images);
        if (images.Shape != classifier.Info.Image)
        {
            throw new InputException($"The images of '{images.Name}' are {images.Shape}, but model '{classifier.Info.Path}' takes {classifier.Info.Image}; give images of the model's size.");
        }

        for (int i = 0; i < images.Count; i++)
        {
            if ((images.Label(i) < 0 && !images.IsUnlabelled) || images.Label(i) >= classifier.ScoreLength)
            {
                throw new InputException($"Label {images.Label(i)} of image '{images.ImageName(i)}' is outside 0..{classifier.ScoreLength - 1} for a model with {classifier.ScoreLength} classes; correct the labels.");
            }
        }

        if (images.Outlier() is { } outlier)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"Image '{images.ImageName(outlier.Image)}' has a pixel of {outlier.Pixel}, outside 0..1; scale the images to 0..1."));
        }
    }

    /// <summary>Throws if too few images of a sample are classified correctly.</summary>
    /// <param name="images">The images of which the sample was taken.</param>
    /// <param name="answers">The answers to the sample.</param>
    /// <param name="least">The least share; null to accept any.</param>
    /// <exception cref="InputException">Fewer are correct.</exception>
    public static void EnsureRight(this IClassifier classifier, ImageSet images, CleanAnswers answers, double? least)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Right < least * answers.Count)
        {
            string assumed = string.Join("; ", [.. images.Assumptions, $"pixels were taken as {classifier.Info.Encoding}"]);
            string advice = answers.Confusion ?? "check the labels, the images (also that they are not mirrored or turned) and the encoding of pixels";
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"Model '{classifier.Info.Path}' classifies {(answers.Right == 0 ? "none" : $"only {answers.Right}")} of the {answers.Count} images of {images.Name} correctly ({assumed}), fewer than the least share of {least:0.##}; {advice}, or give a lower least share to accept the model as it is.")) { Argument = "MinAccuracy" };
        }
    }
}

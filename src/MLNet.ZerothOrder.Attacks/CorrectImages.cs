using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The images that a classifier classifies correctly: only these are attacked and trained on. The classifier is queried for no more images than
/// are still needed, so that the number of queries does not depend on batch sizes. An image without a label has the class that the classifier gives it, and so counts as correct.
/// </summary>
public sealed class CorrectImages
{
    // Images that are read when they are needed are not all in memory at once.
    private const int MostAtOnce = 128;

    private CorrectImages(ImageSet images) => All = images;

    /// <summary>The images that were searched. Those without labels have the classifier's answers as labels, where it was queried.</summary>
    public ImageSet All { get; }

    /// <summary>The indices of the correctly classified images, ascending.</summary>
    public required IReadOnlyList<int> Indices { get; init; }

    /// <summary>The images that were queried or could not be read and are not among them, with the reason.</summary>
    public required IReadOnlyList<SkippedImage> Skipped { get; init; }

    /// <summary>The kind of the scores: as the classifier knows it, otherwise detected on all queried images.</summary>
    public required ScoreKind Scores { get; init; }

    /// <summary>Queries, one for each queried image.</summary>
    public required long Queries { get; init; }

    /// <summary>Why the classifier gave no scores for the first image that it failed on; null if it never failed.</summary>
    public required OracleException? Failure { get; init; }

    /// <summary>The correctly classified images as a set of their own.</summary>
    public ImageSet Images => All.Select([.. Indices]);

    /// <summary>How many there are, as the beginning of a sentence; where there are none, also what was taken for granted of them.</summary>
    public string Summary => Indices.Count > 0 ? $"The model classifies {Indices.Count} of {Queries} images correctly"
        : $"The model classifies none of the {Queries} images correctly{(All.Assumptions.Count > 0 ? $" ({string.Join("; ", All.Assumptions)})" : "")}";

    /// <summary>Looks for correctly classified images from the first one on.</summary>
    /// <param name="oracle">The classifier.</param>
    /// <param name="images">Labelled images of the classifier's input length.</param>
    /// <param name="count">How many are wanted; null for all.</param>
    /// <param name="target">A class that images are to be changed into, whose own images are excluded; null for none.</param>
    /// <param name="failedCalls">The number of failed calls in a row that throws. With fewer, a failed row skips its image; at 0, the first failure of any kind throws.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="OracleException">The classifier failed.</exception>
    public static CorrectImages Find(
        IQueryOracle oracle, ImageSet images, int? count = null, int? target = null, int failedCalls = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(images);
        var indices = new List<int>();
        var skipped = new List<SkippedImage>();
        var seen = new List<float>();
        OracleException? failure = null;
        int wanted = count ?? images.Count;
        int next = 0;
        long queries = 0;
        int[] labels = [.. Enumerable.Range(0, images.Count).Select(images.Label)];
        while (indices.Count < wanted && next < images.Count)
        {
            var asked = new List<int>();
            for (; asked.Count < Math.Min(wanted - indices.Count, MostAtOnce) && next < images.Count; next++)
            {
                if (images.Error(next) is { } error)
                {
                    skipped.Add(new SkippedImage(next, images.ImageName(next), images.Label(next), -1, $"not read: {error.TrimEnd('.')}"));
                }
                else
                {
                    asked.Add(next);
                }
            }

            if (asked.Count == 0)
            {
                break;
            }

            float[] scores = oracle.ScoreRows(
                asked.Count, (row, input) => images.Image(asked[row]).Span.CopyTo(input), default, failedCalls, out OracleException?[] failures, cancellation);
            queries += asked.Count;
            for (int row = 0; row < asked.Count; row++)
            {
                int image = asked[row];
                ReadOnlySpan<float> own = scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength);
                int predicted = failures[row] is null ? TensorPrimitives.IndexOfMax(own) : -1;
                int label = labels[image] = images.Label(image) == ImageSet.Unlabelled ? predicted : images.Label(image);
                string? reason = failures[row] is { } failed ? $"not scored: {failed.Message.TrimEnd('.')}"
                    : predicted != label ? "misclassified" : label == target ? "of the target class" : null;
                failure ??= failures[row];
                if (failures[row] is null)
                {
                    seen.AddRange(own);
                }

                if (reason is null)
                {
                    indices.Add(image);
                }
                else
                {
                    skipped.Add(new SkippedImage(image, images.ImageName(image), label, predicted, reason));
                }
            }
        }

        return new CorrectImages(images.IsUnlabelled ? images.WithLabels(labels) : images)
        {
            Indices = indices,
            Skipped = skipped,
            Scores = seen.Count > 0 ? oracle.KindOf([.. seen]) : oracle.Scores ?? ScoreKind.Logits,
            Queries = queries,
            Failure = failure,
        };
    }
}

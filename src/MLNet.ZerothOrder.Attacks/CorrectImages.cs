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
    public long Queries => Queried.Count;

    /// <summary>The indices of the queried images.</summary>
    internal IReadOnlyList<int> Queried { get; private init; } = [];

    /// <summary>The class with the lowest score of each image that was queried, but not its label; of the others −1.</summary>
    internal IReadOnlyList<int> LeastLikely { get; private init; } = [];

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
        var search = new Search(oracle, images, target, failedCalls, cancellation);
        search.Ask(_ => true, count ?? images.Count);
        return search.Found();
    }

    /// <summary>
    /// Looks for the images of a shard. The first images of the whole run are found too, because μ and c are chosen on them. Where only all images tell which are attacked, all are queried.
    /// </summary>
    /// <param name="oracle">The classifier.</param>
    /// <param name="images">The images of the whole run.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="first">How many first images of the whole run are needed.</param>
    /// <param name="count">How many are wanted in the whole run; null for all.</param>
    /// <param name="target">As above.</param>
    /// <param name="needsTarget">Whether all images of the target class are needed.</param>
    /// <param name="failedCalls">As above.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <returns>The shard's images, the first ones, and others that were queried.</returns>
    internal static CorrectImages Find(
        IQueryOracle oracle, ImageSet images, Shard shard, int first, int? count, int? target, bool needsTarget, int failedCalls, CancellationToken cancellation)
    {
        if (shard.Count > Math.Min(count ?? images.Count, images.Count))
        {
            throw new InputException(
                $"{shard.Count} shards are more than the {Math.Min(count ?? images.Count, images.Count)} images of the run; take at most one for each image.") { Argument = nameof(Shard) };
        }

        var search = new Search(oracle, images, target, failedCalls, cancellation);
        if (count is null && !needsTarget)
        {
            search.Ask(_ => true, first);
            search.Ask(shard.Holds, images.Count);
        }
        else
        {
            search.Ask(_ => true, count ?? images.Count);
        }

        return search.Found();
    }

    private sealed class Search(IQueryOracle oracle, ImageSet images, int? target, int failedCalls, CancellationToken cancellation)
    {
        private readonly List<int> _indices = [];
        private readonly List<int> _queried = [];
        private readonly List<SkippedImage> _skipped = [];
        private readonly List<float> _seen = [];
        private readonly int[] _labels = [.. Enumerable.Range(0, images.Count).Select(images.Label)];
        private readonly int[] _leastLikely = [.. Enumerable.Repeat(-1, images.Count)];
        private OracleException? _failure;
        private int _next;

        // Continues behind the last image that was looked at, until so many are found.
        public void Ask(Func<int, bool> belongs, int wanted)
        {
            while (_indices.Count < wanted && _next < images.Count)
            {
                var asked = new List<int>();
                for (; asked.Count < Math.Min(wanted - _indices.Count, MostAtOnce) && _next < images.Count; _next++)
                {
                    if (!belongs(_next))
                    {
                        continue;
                    }

                    if (images.Error(_next) is { } error)
                    {
                        _skipped.Add(new SkippedImage(_next, images.ImageName(_next), images.Label(_next), -1, $"not read: {error.TrimEnd('.')}"));
                    }
                    else
                    {
                        asked.Add(_next);
                    }
                }

                if (asked.Count == 0)
                {
                    break;
                }

                Ask(asked);
            }
        }

        public CorrectImages Found() => new(images.IsUnlabelled ? images.WithLabels(_labels) : images)
        {
            Indices = _indices,
            Queried = _queried,
            LeastLikely = _leastLikely,
            Skipped = _skipped,
            Scores = _seen.Count > 0 ? oracle.KindOf([.. _seen]) : oracle.Scores ?? ScoreKind.Logits,
            Failure = _failure,
        };

        private void Ask(List<int> asked)
        {
            float[] scores = oracle.ScoreRows(
                asked.Count, (row, input) => images.Image(asked[row]).Span.CopyTo(input), default, failedCalls, out OracleException?[] failures, cancellation);
            _queried.AddRange(asked);
            for (int row = 0; row < asked.Count; row++)
            {
                int image = asked[row];
                ReadOnlySpan<float> own = scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength);
                int predicted = failures[row] is null ? TensorPrimitives.IndexOfMax(own) : -1;
                int label = _labels[image] = images.Label(image) == ImageSet.Unlabelled ? predicted : images.Label(image);
                string? reason = failures[row] is { } failed ? $"not scored: {failed.Message.TrimEnd('.')}"
                    : predicted != label ? "misclassified" : label == target ? "of the target class" : null;
                _failure ??= failures[row];
                if (failures[row] is null)
                {
                    _seen.AddRange(own);
                    _leastLikely[image] = Lowest(own, label);
                }

                if (reason is null)
                {
                    _indices.Add(image);
                }
                else
                {
                    _skipped.Add(new SkippedImage(image, images.ImageName(image), label, predicted, reason));
                }
            }
        }

        private static int Lowest(ReadOnlySpan<float> scores, int except)
        {
            int lowest = except == 0 ? 1 : 0;
            for (int k = lowest + 1; k < scores.Length; k++)
            {
                lowest = k != except && scores[k] < scores[lowest] ? k : lowest;
            }

            return lowest;
        }
    }
}

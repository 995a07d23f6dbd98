using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A guess of a model's pixel encoding, with reasons.</summary>
/// <param name="Encoding">The encoding to use.</param>
/// <param name="Reasons">The reasons as sentences, the decisive one last. They state the accuracy of every tried encoding.</param>
/// <param name="Queries">The rows that were scored for the guess.</param>
public sealed record EncodingGuess(PixelEncoding Encoding, IReadOnlyList<string> Reasons, int Queries)
{
    private const int MostImages = 64;

    /// <summary>
    /// Scores up to 64 of the images with every usual encoding and takes the most accurate one if it is significantly better than the
    /// oracle's own: among the images on which the two differ, it must win more often than by chance.
    /// </summary>
    /// <param name="oracle">The classifier to query.</param>
    /// <param name="images">Labelled images of the model's size. The sample is spread over the whole set.</param>
    /// <exception cref="InputException">The images do not fit the model.</exception>
    /// <exception cref="OracleException">The model failed.</exception>
    public static EncodingGuess FromImages(OnnxClassifierOracle oracle, ImageSet images) => FromImages(oracle, images, enough: double.PositiveInfinity);

    // If the oracle's own encoding reaches this accuracy, no other encoding is tried, because each costs as many queries.
    internal static EncodingGuess FromImages(OnnxClassifierOracle oracle, ImageSet images, double enough)
    {
        oracle.EnsureMatches(images);
        var own = oracle.Info.Encoding;
        var tested = Sample(images);
        var ownHits = Hits(oracle, own, images, tested);
        PixelEncoding best = own;
        int bestCount = ownHits.Count(hit => hit), bestWins = 0, bestLosses = 0, queries = tested.Length;
        List<string> reasons = [.. oracle.Info.EncodingReasons, Accuracy(own, bestCount, tested.Length)];
        if (bestCount >= enough * tested.Length)
        {
            return new EncodingGuess(own, reasons, queries);
        }

        foreach (var candidate in Candidates(oracle.Info))
        {
            Try(candidate);
        }

        // Only the best one with its channels exchanged: the more are tried, the more likely one is better by chance.
        if (oracle.Info.Image.Channels is 3 or 4)
        {
            Try(best.In(best.Order == ChannelOrder.Rgb ? ChannelOrder.Bgr : ChannelOrder.Rgb));
        }

        reasons.Add(best.Equals(own)
            ? $"No other encoding is clearly better than {own.Name}."
            : $"{best.Name} is clearly better than {own.Name}: it alone is right about {bestWins} images, against {bestLosses}.");
        return new EncodingGuess(best, reasons, queries);

        void Try(PixelEncoding candidate)
        {
            if (candidate.Equals(own))
            {
                return;
            }

            var hits = Hits(oracle, candidate, images, tested);
            int count = hits.Count(hit => hit);
            queries += tested.Length;
            reasons.Add(Accuracy(candidate, count, tested.Length));
            int wins = hits.Where((hit, i) => hit && !ownHits[i]).Count();
            int losses = ownHits.Where((hit, i) => hit && !hits[i]).Count();
            if (count > bestCount && ClearlyMore(wins, losses))
            {
                (best, bestCount, bestWins, bestLosses) = (candidate, count, wins, losses);
            }
        }
    }

    private static string Accuracy(PixelEncoding encoding, int right, int of) => $"With {encoding.Name} it is right about {right} of {of} images.";

    // A uint8 input leaves only the order of channels open: any encoding but 0..255 would round the image away.
    private static IEnumerable<PixelEncoding> Candidates(OnnxClassifierInfo model) => (model.InputType, model.Image.Channels) switch
    {
        (OnnxElementType.UInt8, _) => [],
        (_, 1) => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.Mnist],
        (_, 3) => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.ImageNet, PixelEncoding.Cifar10, PixelEncoding.Caffe],
        _ => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric],
    };

    // Two standard deviations of a fair coin toss over the images on which the two encodings differ.
    private static bool ClearlyMore(int wins, int losses) => wins - losses >= 3 && wins - losses > 2 * Math.Sqrt(wins + losses);

    // Spread over the whole set, because folders and files are often sorted by class.
    private static int[] Sample(ImageSet images)
    {
        int count = Math.Min(MostImages, images.Count);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * images.Count / count))];
    }

    private static bool[] Hits(OnnxClassifierOracle oracle, PixelEncoding encoding, ImageSet images, int[] indices)
    {
        var hits = new bool[indices.Length];
        using var batch = oracle.CreateBatch(oracle.PreferredRows, encoding);
        for (int start = 0; start < indices.Length; start += batch.Capacity)
        {
            batch.Rows = Math.Min(batch.Capacity, indices.Length - start);
            for (int row = 0; row < batch.Rows; row++)
            {
                images.Image(indices[start + row]).Span.CopyTo(batch.Input(row));
            }

            oracle.Score(batch);
            for (int row = 0; row < batch.Rows; row++)
            {
                var scores = batch.Score(row);
                int label = images.Label(indices[start + row]), winner = 0;
                for (int k = 1; k < scores.Length; k++)
                {
                    winner = scores[k] > scores[winner] ? k : winner;
                }

                hits[start + row] = winner == label;
            }
        }

        return hits;
    }
}

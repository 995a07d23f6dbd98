using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A guess of a model's pixel encoding, with reasons.</summary>
/// <param name="Encoding">The encoding to use.</param>
/// <param name="Reasons">The reasons as sentences, the decisive one last. They state the accuracy of every tried encoding.</param>
/// <param name="Queries">The rows that were scored for the guess.</param>
/// <param name="Answers">The answers with this encoding; null where no images were given.</param>
public sealed record EncodingGuess(PixelEncoding Encoding, IReadOnlyList<string> Reasons, int Queries, CleanAnswers? Answers = null)
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
        CleanAnswers ownAnswers = Ask(oracle, own, images, tested), bestAnswers = ownAnswers;
        PixelEncoding best = own;
        int bestWins = 0, bestLosses = 0, queries = tested.Length;
        List<string> reasons = [.. oracle.Info.EncodingReasons, Accuracy(own, ownAnswers)];
        if (ownAnswers.Right >= enough * tested.Length)
        {
            return new EncodingGuess(own, reasons, queries, ownAnswers);
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
        return new EncodingGuess(best, reasons, queries, bestAnswers);

        void Try(PixelEncoding candidate)
        {
            if (candidate.Equals(own))
            {
                return;
            }

            CleanAnswers answers = Ask(oracle, candidate, images, tested);
            queries += tested.Length;
            reasons.Add(Accuracy(candidate, answers));
            int wins = Wins(answers, ownAnswers), losses = Wins(ownAnswers, answers);
            if (answers.Right > bestAnswers.Right && ClearlyMore(wins, losses))
            {
                (best, bestAnswers, bestWins, bestLosses) = (candidate, answers, wins, losses);
            }
        }
    }

    /// <summary>The answers to up to 64 of the images, spread over the whole set.</summary>
    internal static CleanAnswers Ask(OnnxClassifierOracle oracle, ImageSet images) => Ask(oracle, oracle.Info.Encoding, images, Sample(images));

    private static int Wins(CleanAnswers a, CleanAnswers b) => a.Labels.Where((label, i) => a.Predicted[i] == label && b.Predicted[i] != label).Count();

    private static string Accuracy(PixelEncoding encoding, CleanAnswers answers) => $"With {encoding.Name} it is right about {answers.Right} of {answers.Count} images.";

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
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * images.Count / count)).Where(i => images.Error(i) is null)];
    }

    private static CleanAnswers Ask(OnnxClassifierOracle oracle, PixelEncoding encoding, ImageSet images, int[] indices)
    {
        var predicted = new int[indices.Length];
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
                int winner = 0;
                for (int k = 1; k < scores.Length; k++)
                {
                    winner = scores[k] > scores[winner] ? k : winner;
                }

                predicted[start + row] = winner;
            }
        }

        return new CleanAnswers([.. indices.Select(images.Label)], predicted);
    }
}

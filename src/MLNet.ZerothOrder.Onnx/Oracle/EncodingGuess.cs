using System.Numerics;
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
    private const int FirstImages = 8;

    /// <summary>
    /// Scores up to 64 of the images with every usual encoding and takes the most accurate one if it is significantly better than the
    /// oracle's own: among the images on which the two differ, it must win more often than by chance.
    /// </summary>
    /// <param name="oracle">The classifier to query.</param>
    /// <param name="images">Labelled images of the model's size. The sample is spread over the whole set.</param>
    /// <exception cref="InputException">The images do not fit the model.</exception>
    /// <exception cref="OracleException">The model failed.</exception>
    public static EncodingGuess FromImages(OnnxClassifierOracle oracle, ImageSet images) => FromImages(oracle, images, enough: double.PositiveInfinity);

    // If the oracle's own encoding reaches this accuracy, no other one is tried. Otherwise all begin with a few images, and those that are clearly worse than another one are asked no more. Without a limit all images are asked with all encodings.
    internal static EncodingGuess FromImages(OnnxClassifierOracle oracle, ImageSet images, double enough)
    {
        oracle.EnsureMatches(images);
        int[] sample = Sample(images);
        int first = double.IsPositiveInfinity(enough) ? sample.Length : Math.Min(FirstImages, sample.Length);
        var own = new Trial(oracle, oracle.Info.Encoding, images, sample);
        List<Trial> trials = [own];
        own.Ask(first);
        if (own.Answers.Right >= enough * first)
        {
            own.Ask(sample.Length);
            if (own.Answers.Right >= enough * sample.Length)
            {
                return Guess(own, conclusion: []);
            }
        }

        trials.AddRange(Candidates(oracle.Info).Where(candidate => !candidate.Equals(own.Encoding)).Select(candidate => new Trial(oracle, candidate, images, sample)));
        Trial best = Best([.. trials]);

        // Only the best one with its channels exchanged: the more are tried, the more likely one is better by chance.
        if (oracle.Info.Image.Channels is 3 or 4)
        {
            var exchanged = new Trial(oracle, best.Encoding.In(best.Encoding.Order == ChannelOrder.Rgb ? ChannelOrder.Bgr : ChannelOrder.Rgb), images, sample);
            if (trials.Find(trial => trial.Encoding.Equals(exchanged.Encoding)) is null)
            {
                trials.Add(exchanged);
                best = Best([best, exchanged]);
            }
        }

        return Guess(best, [best == own
            ? $"No other encoding is clearly better than {own.Encoding.Name}."
            : $"{best.Encoding.Name} is clearly better than {own.Encoding.Name}: it alone is right about {best.WinsOver(own)} images, against {own.WinsOver(best)}."]);

        Trial Best(List<Trial> left)
        {
            for (int count = first; count < sample.Length; count = Math.Min(2 * count, sample.Length))
            {
                left.ForEach(trial => trial.Ask(count));
                Trial leader = left.MaxBy(trial => trial.Answers.Right)!;
                left.RemoveAll(leader.IsClearlyBetterThan);
            }

            left.ForEach(trial => trial.Ask(sample.Length));
            if (!left.TrueForAll(trial => trial == own || trial.IsClearlyBetterThan(own)))
            {
                own.Ask(sample.Length);
            }

            return left.Where(trial => trial.IsClearlyBetterThan(own)).MaxBy(trial => trial.Answers.Right) ?? own;
        }

        EncodingGuess Guess(Trial chosen, IEnumerable<string> conclusion) => new(
            chosen.Encoding, [.. oracle.Info.EncodingReasons, .. trials.Select(trial => Accuracy(trial.Encoding, trial.Answers)), .. conclusion], trials.Sum(trial => trial.Answers.Count), chosen.Answers);
    }

    /// <summary>The answers to up to 64 of the images, spread over the whole set.</summary>
    internal static CleanAnswers Ask(OnnxClassifierOracle oracle, ImageSet images) => Ask(oracle, oracle.Info.Encoding, images, Sample(images));

    private static string Accuracy(PixelEncoding encoding, CleanAnswers answers) => $"With {encoding.Name} it is right about {answers.Right} of {answers.Count} images.";

    // A uint8 input leaves only the order of channels open: any encoding but 0..255 would round the image away.
    private static IEnumerable<PixelEncoding> Candidates(OnnxClassifierInfo model) => (model.InputType, model.Image.Channels) switch
    {
        (OnnxElementType.UInt8, _) => [],
        (_, 1) => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.Mnist],
        (_, 3) => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.ImageNet, PixelEncoding.Cifar10, PixelEncoding.Caffe],
        _ => [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric],
    };

    // Spread over the whole set, because folders and files are often sorted by class. So are its first 8, 16 and 32.
    private static int[] Sample(ImageSet images)
    {
        int count = Math.Min(MostImages, images.Count), apart = MostImages / FirstImages;
        return
        [
            .. Enumerable.Range(0, count).OrderBy(i => i % apart is var rest && rest == 0 ? 0 : apart - BitOperations.TrailingZeroCount(rest))
                .Select(i => (int)((long)i * images.Count / count)).Where(i => images.Error(i) is null)
        ];
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

    private sealed class Trial(OnnxClassifierOracle oracle, PixelEncoding encoding, ImageSet images, int[] sample)
    {
        public PixelEncoding Encoding => encoding;

        public CleanAnswers Answers { get; private set; } = new([], []);

        // The first images of the sample. An image is asked once.
        public void Ask(int count)
        {
            if (count > Answers.Count)
            {
                CleanAnswers more = EncodingGuess.Ask(oracle, encoding, images, sample[Answers.Count..count]);
                Answers = new CleanAnswers([.. Answers.Labels, .. more.Labels], [.. Answers.Predicted, .. more.Predicted]);
            }
        }

        // Two standard deviations of a fair coin toss over the images on which the two encodings differ.
        public bool IsClearlyBetterThan(Trial other)
        {
            int wins = WinsOver(other), losses = other.WinsOver(this);
            return wins - losses >= 3 && wins - losses > 2 * Math.Sqrt(wins + losses);
        }

        // The images that only this encoding is right about, of those that both were asked about.
        public int WinsOver(Trial other) =>
            Enumerable.Range(0, Math.Min(Answers.Count, other.Answers.Count)).Count(i => Answers.Predicted[i] == Answers.Labels[i] && other.Answers.Predicted[i] != Answers.Labels[i]);
    }
}

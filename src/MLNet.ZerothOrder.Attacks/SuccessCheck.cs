using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Scores the best successful images of finished runs again, as floats and as an 8-bit file stores them. Where a file must hold
/// (<see cref="AttackOptions.Levels"/>) and rounding undoes the success, the change of the image is made a little longer until its file holds. A file outside the allowed
/// changes is none.
/// </summary>
/// <param name="oracle">The classifier.</param>
/// <param name="options">The options of the attack.</param>
/// <param name="overhead">Charged with the two checks of an image. A longer change is charged to the image's own ledger.</param>
internal sealed class SuccessCheck(IQueryOracle oracle, AttackOptions options, QueryLedger overhead)
{
    // The margin of the best image is a hair below 0, so a hair more of the same change usually outweighs the rounding. A change of less than a level needs much more. Each factor is one query.
    private static readonly float[] Longer = [1.01f, 1.02f, 1.04f, 1.08f, 1.16f, 1.32f, 1.64f, 2.28f, 3.56f, 6.12f, 11.24f];

    private readonly Dictionary<Problem, Checked> _checked = [];

    /// <summary>The oracle's failure that ended the checks; null without one.</summary>
    public OracleException? Failure { get; private set; }

    /// <summary>The result of a problem's check; null if it has no solved iterate or an early end left it unchecked.</summary>
    public Checked? Of(Problem problem) => _checked.GetValueOrDefault(problem);

    /// <summary>The whole levels of a channel within a distance, up to rounding.</summary>
    public static double WholeLevels(double distance, int levels) => Math.Floor((distance * (levels - 1)) + 1e-6);

    /// <summary>Whether an image is exactly that of an 8-bit file.</summary>
    public static bool IsFile(ReadOnlySpan<float> image)
    {
        foreach (float pixel in image)
        {
            if (Math.Abs((pixel * 255.0) - Math.Round(pixel * 255.0)) > 1e-4)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Checks the problems. An early end leaves the rest unchecked.</summary>
    /// <param name="problems">The finished runs.</param>
    /// <param name="original">The clean image of a problem, by its place in the list.</param>
    /// <param name="cancellation">Ends the checks early.</param>
    public void Run(IReadOnlyList<Problem> problems, Func<int, ReadOnlyMemory<float>> original, CancellationToken cancellation)
    {
        try
        {
            Solved[] solved = [.. problems.Index().Where(p => p.Item.IsSolved).Select(p => new Solved(p.Item, () => original(p.Index), options.Loss))];
            overhead.TryCharge(2L * solved.Length);
            float[] scores = Score(2 * solved.Length, (row, input) => solved[row / 2].Write(row % 2 == 1 ? 1 : 0, input), out OracleException?[] failures, cancellation);
            for (int at = 0; at < solved.Length; at++)
            {
                int i = at;
                var objective = (AttackObjective)solved[i].Problem.Objective;
                bool success = objective.Margin(Row(scores, 2 * i)) < 0;
                bool holds = objective.Margin(Row(scores, (2 * i) + 1)) < 0 && (options.Levels is null || solved[i].IsAllowed(1));
                _checked[solved[i].Problem] = (failures[2 * i] ?? failures[(2 * i) + 1]) is { } failure ? new Checked(true, null, null, () => solved[i].Image, failure)
                    : !solved[i].MustHold(options) || !holds ? new Checked(success, success ? holds : null, Class(scores, 2 * i), () => solved[i].Image, null)
                    : new Checked(true, true, Class(scores, (2 * i) + 1), () => solved[i].Picture(1), null);
            }

            if (options.Levels is not null)
            {
                Lengthen([.. solved.Where(s => s.MustHold(options) && _checked[s.Problem] is { Success: true, Holds: false })], cancellation);
            }
        }
        catch (OracleException e)
        {
            Failure = e;
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Lengthen(Solved[] undone, CancellationToken cancellation)
    {
        Solved[] open = undone;
        foreach (float factor in Longer)
        {
            Solved[] tried = [.. open.Where(s => s.IsAllowed(factor) && s.Problem.Ledger.TryCharge(1))];
            float[] scores = Score(tried.Length, (row, input) => tried[row].Write(factor, input), out OracleException?[] failures, cancellation);
            for (int i = 0; i < tried.Length; i++)
            {
                var objective = (AttackObjective)tried[i].Problem.Objective;
                tried[i].Problem.Ledger.Settle(failures[i] is null && objective.IsFlagged(Row(scores, i)) ? 1 : 0);
                if (failures[i] is null && objective.Margin(Row(scores, i)) < 0)
                {
                    Solved changed = tried[i];
                    _checked[changed.Problem] = new Checked(true, true, Class(scores, i), () => changed.Picture(factor), null);
                }
            }

            open = [.. open.Where(s => _checked[s.Problem].Holds != true)];
        }

        foreach (Solved solved in undone.Where(s => _checked[s.Problem].Holds != true))
        {
            _checked[solved.Problem] = new Checked(false, false, null, null, null);
        }
    }

    private float[] Score(int rows, Action<int, Span<float>> write, out OracleException?[] failures, CancellationToken cancellation) =>
        oracle.ScoreRows(rows, write, default, options.FailedCalls, out failures, cancellation);

    private ReadOnlySpan<float> Row(float[] scores, int row) => scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength);

    private int Class(float[] scores, int row) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(Row(scores, row));

    private sealed record Solved(Problem Problem, Func<ReadOnlyMemory<float>> Original, AttackLoss Loss)
    {
        private const double Tolerance = 1e-9;
        private const int Bisections = 16;

        // Not kept here: those of a long queue may be in a file.
        public ReadOnlyMemory<float> Image => Problem.BestSolvedInput!.Value;

        // In a ball around an image that no file holds, no file may be left.
        public bool MustHold(AttackOptions options) => options.Levels is not null && (Loss.IsMinimalDistortion || IsFile(Original().Span));

        // The best image, with its change made longer by a factor and rounded to 8 bits. At 0, the image itself. Rounding can leave the ball, and a little shorter change stays.
        public void Write(float factor, Span<float> image)
        {
            if (factor == 0)
            {
                Image.Span.CopyTo(image);
                return;
            }

            WriteRounded(factor, image);
            if (Loss.IsMinimalDistortion || IsInside(image))
            {
                return;
            }

            float inside = 0, outside = factor;
            for (int i = 0; i < Bisections; i++)
            {
                float middle = (inside + outside) / 2;
                WriteRounded(middle, image);
                (inside, outside) = IsInside(image) ? (middle, outside) : (inside, middle);
            }

            WriteRounded(inside, image);
        }

        private void WriteRounded(float factor, Span<float> image)
        {
            ReadOnlySpan<float> best = Image.Span;
            if (factor == 1)
            {
                best.CopyTo(image);
            }
            else
            {
                ReadOnlySpan<float> original = Original().Span;
                for (int i = 0; i < image.Length; i++)
                {
                    image[i] = original[i] + (factor * (best[i] - original[i]));
                }
            }

            PixelBuffer.RoundTo8Bit(image);
        }

        public bool IsAllowed(float factor) => Loss.IsMinimalDistortion || IsInside(Picture(factor));

        public float[] Picture(float factor)
        {
            var picture = new float[Original().Length];
            Write(factor, picture);
            return picture;
        }

        // Both are files, whose distance is a whole number of levels in each pixel. Differences of floats would be rounded.
        private bool IsInside(ReadOnlySpan<float> image)
        {
            ReadOnlySpan<float> original = Original().Span;
            double sum = 0, squares = 0, most = 0;
            for (int i = 0; i < image.Length; i++)
            {
                double levels = Math.Abs(Math.Round(image[i] * 255.0) - Math.Round(original[i] * 255.0));
                sum += levels;
                squares += levels * levels;
                most = Math.Max(most, levels);
            }

            double distance = new Distortion(sum, Math.Sqrt(squares), most).Of(Loss.Norm) / 255;
            return !(distance > Loss.Epsilon * (1 + Tolerance)) && (Loss.Pixels is not { } pixels || ChangedPixels(image) <= pixels);
        }

        private int ChangedPixels(ReadOnlySpan<float> image)
        {
            int positions = image.Length / ((AttackObjective)Problem.Objective).Shape.Channels, changed = 0;
            ReadOnlySpan<float> original = Original().Span;
            for (int p = 0; p < positions; p++)
            {
                bool differs = false;
                for (int i = p; i < image.Length; i += positions)
                {
                    differs |= image[i] != original[i];
                }

                changed += differs ? 1 : 0;
            }

            return changed;
        }
    }

    /// <summary>What the checks of an image found.</summary>
    /// <param name="Success">Whether it is a success, which has to hold as a file where <see cref="AttackOptions.Levels"/> says so.</param>
    /// <param name="Holds">Whether the file holds; null if it was not scored.</param>
    /// <param name="Label">The class of the image; null if it was not scored.</param>
    /// <param name="Image">Makes the successful image; null without success.</param>
    /// <param name="Failure">The oracle's failure on the image; null without one.</param>
    public sealed record Checked(bool Success, bool? Holds, int? Label, Func<ReadOnlyMemory<float>>? Image, OracleException? Failure);
}

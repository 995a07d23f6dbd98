using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Scores the best successful images of finished runs again, as floats and as an 8-bit file stores them. Where a file must hold
/// (<see cref="AttackOptions.Levels"/>) and rounding undoes the success, the change of the image is made a little longer until its file holds.
/// </summary>
/// <param name="oracle">The classifier.</param>
/// <param name="options">The options of the attack.</param>
/// <param name="overhead">Charged with the two checks of an image. A longer change is charged to the image's own ledger.</param>
internal sealed class SuccessCheck(IQueryOracle oracle, AttackOptions options, QueryLedger overhead)
{
    // The margin of the best image is a hair below 0, so a hair more of the same change usually outweighs the rounding. Each factor is one query.
    private static readonly float[] Longer = [1.01f, 1.02f, 1.04f, 1.08f, 1.16f, 1.32f, 1.64f];

    private readonly Dictionary<Problem, Checked> _checked = [];

    /// <summary>The oracle's failure that ended the checks; null without one.</summary>
    public OracleException? Failure { get; private set; }

    /// <summary>The result of a problem's check; null if it has no solved iterate or an early end left it unchecked.</summary>
    public Checked? Of(Problem problem) => _checked.GetValueOrDefault(problem);

    /// <summary>Checks the problems. An early end leaves the rest unchecked.</summary>
    /// <param name="problems">The finished runs.</param>
    /// <param name="original">The clean image of a problem, by its place in the list.</param>
    /// <param name="cancellation">Ends the checks early.</param>
    public void Run(IReadOnlyList<Problem> problems, Func<int, ReadOnlyMemory<float>> original, CancellationToken cancellation)
    {
        try
        {
            Solved[] solved = [.. problems.Index().Where(p => p.Item.BestSolvedInput is not null).Select(p => new Solved(p.Item, p.Item.BestSolvedInput!.Value, original(p.Index)))];
            overhead.TryCharge(2L * solved.Length);
            float[] scores = Score(2 * solved.Length, (row, input) => solved[row / 2].Write(row % 2 == 1 ? 1 : 0, input), out OracleException?[] failures, cancellation);
            for (int i = 0; i < solved.Length; i++)
            {
                bool success = solved[i].IsSuccess(Row(scores, 2 * i));
                bool holds = solved[i].IsSuccess(Row(scores, (2 * i) + 1));
                _checked[solved[i].Problem] = (failures[2 * i] ?? failures[(2 * i) + 1]) is { } failure ? new Checked(true, null, null, solved[i].Image, failure)
                    : options.Levels is null || !holds ? new Checked(success, success ? holds : null, Class(scores, 2 * i), solved[i].Image, null)
                    : new Checked(true, true, Class(scores, (2 * i) + 1), solved[i].Picture(1), null);
            }

            if (options.Levels is not null)
            {
                Lengthen([.. solved.Where(s => _checked[s.Problem] is { Success: true, Holds: false })], cancellation);
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
            open = [.. open.Where(s => s.Problem.Ledger.TryCharge(1))];
            float[] scores = Score(open.Length, (row, input) => open[row].Write(factor, input), out OracleException?[] failures, cancellation);
            for (int i = 0; i < open.Length; i++)
            {
                if (failures[i] is null && open[i].IsSuccess(Row(scores, i)))
                {
                    _checked[open[i].Problem] = new Checked(true, true, Class(scores, i), open[i].Picture(factor), null);
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

    private sealed record Solved(Problem Problem, ReadOnlyMemory<float> Image, ReadOnlyMemory<float> Original)
    {
        public bool IsSuccess(ReadOnlySpan<float> scores) => ((AttackObjective)Problem.Objective).Margin(scores) < 0;

        // The best image, with its change made longer by a factor and rounded to 8 bits. At 0, the image itself.
        public void Write(float factor, Span<float> image)
        {
            Image.Span.CopyTo(image);
            if (factor == 0)
            {
                return;
            }

            ReadOnlySpan<float> original = Original.Span;
            for (int i = 0; i < image.Length && factor != 1; i++)
            {
                image[i] = original[i] + (factor * (image[i] - original[i]));
            }

            PixelBuffer.RoundTo8Bit(image);
        }

        public float[] Picture(float factor)
        {
            var picture = new float[Image.Length];
            Write(factor, picture);
            return picture;
        }
    }

    /// <summary>What the checks of an image found.</summary>
    /// <param name="Success">Whether it is a success, which has to hold as a file where <see cref="AttackOptions.Levels"/> says so.</param>
    /// <param name="Holds">Whether the file holds; null if it was not scored.</param>
    /// <param name="Label">The class of the image; null if it was not scored.</param>
    /// <param name="Image">The successful image.</param>
    /// <param name="Failure">The oracle's failure on the image; null without one.</param>
    public sealed record Checked(bool Success, bool? Holds, int? Label, ReadOnlyMemory<float>? Image, OracleException? Failure);
}

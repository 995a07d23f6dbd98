using System.Globalization;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Converts rows of a column to images, attacks them, and converts the results back to the order and range of the column.</summary>
internal sealed class RowAttack(OpenTarget target, IZerothOrderOptimizer optimizer, AttackOptions options, float minimum, float maximum) : IRowAttack
{
    /// <summary>Floats per row.</summary>
    public int Dimension => target.Shape.Length;

    private int Interleaved => target.IsInterleaved ? target.Shape.Channels : 1;

    /// <summary>Attacks rows. The same row with the same label always gives the same result.</summary>
    /// <param name="rows">The rows, <see cref="Dimension"/> floats each.</param>
    /// <param name="labels">One class per row.</param>
    /// <param name="first">The position of the first row, for messages.</param>
    /// <param name="progress">Called after every step; may be null.</param>
    /// <param name="warn">Called with the result's warnings if there are some.</param>
    /// <param name="cancellation">Cancels the attack.</param>
    /// <exception cref="InputException">A value is outside minimum..maximum, or a label outside the classes.</exception>
    /// <exception cref="OracleException">The classifier failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RowOutcome[] Run(float[] rows, int[] labels, long first, Action<AttackProgress>? progress, Action<IReadOnlyList<string>> warn, CancellationToken cancellation)
    {
        // A failed row must throw, because a column cannot mark it as set aside.
        // An adversarial picture has 8 bits per color; other rows have floats. A composed graph would be built anew for every batch of rows.
        AttackOptions own = options with { FailedCalls = 0, Levels = target.Images is null ? null : 256 };
        using var named = new NamedOptimizer(optimizer);
        var session = new AttackSession(target.Oracle, Images(rows, labels, first), [named], own) { Composed = ComposedSteps.Off };
        AttackResult result = session.Run(progress, cancellation);
        if (result.Failure is not null)
        {
            throw result.Failure;
        }

        if (result.Partial)
        {
            throw new OperationCanceledException(cancellation);
        }

        if (result.Warnings.Count > 0)
        {
            warn(result.Warnings);
        }

        var outcomes = new RowOutcome[labels.Length];
        foreach (SkippedImage skipped in result.Skipped)
        {
            // A row of the target class needs no change.
            outcomes[skipped.Index] = new RowOutcome(Original(skipped.Index), skipped.Predicted, false, 0, 0, skipped.Predicted == skipped.Label ? 0 : float.NaN);
        }

        foreach (ImageResult image in result.Runs[0].Images)
        {
            outcomes[image.Index] = image.Success
                ? new RowOutcome(
                    Row(image.Adversarial!.Value.Span), image.AdversarialLabel!.Value, true, image.Queries, image.QueriesToFirstSuccess!.Value, (float)image.Distortion!.Of(options.Loss.Norm))
                : new RowOutcome(Original(image.Index), image.Label, false, image.Queries, 0, float.NaN);
        }

        return outcomes;

        ReadOnlyMemory<float> Original(int index) => rows.AsMemory(index * Dimension, Dimension);
    }

    /// <summary>The rows as images in 0..1.</summary>
    public ImageSet Images(float[] rows, int[] labels, long first)
    {
        var pixels = new float[rows.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = rows.AsSpan(i * Dimension, Dimension);
            for (int k = 0; k < row.Length; k++)
            {
                if (!(row[k] >= minimum && row[k] <= maximum))
                {
                    throw new InputException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"Row {first + i} has {row[k]} as value {k}, outside {minimum}..{maximum}; set the range of the column (Minimum, Maximum), or scale it."));
                }
            }

            Span<float> image = pixels.AsSpan(i * Dimension, Dimension);
            Planes.Arrange(row, image, Interleaved, intoPlanes: true);
            if (minimum != 0 || maximum != 1)
            {
                TensorPrimitives.Subtract(image, minimum, image);
                TensorPrimitives.Divide(image, maximum - minimum, image);
            }
        }

        string[] names = [.. Enumerable.Range(0, labels.Length).Select(i => string.Create(CultureInfo.InvariantCulture, $"{first + i}"))];
        return new ImageSet("rows", target.Shape, pixels, labels, names);
    }

    // Uses the same conversion as the classifier's input.
    private float[] Row(ReadOnlySpan<float> image)
    {
        var row = new float[Dimension];
        Planes.Arrange(image, row, Interleaved, intoPlanes: false);
        if (minimum != 0 || maximum != 1)
        {
            TensorPrimitives.Multiply(row, maximum - minimum, row);
            TensorPrimitives.Add(row, minimum, row);
        }

        return row;
    }
}

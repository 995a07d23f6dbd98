using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>A classifier that is only queried. Created by <see cref="ZerothOrderCatalog.FromOnnx"/> and <see cref="ZerothOrderCatalog.FromTransformer"/>.</summary>
public abstract class BlackBoxTarget
{
    private protected BlackBoxTarget()
    {
    }

    /// <summary>Opens the target for rows of this many floats. The values minimum..maximum are mapped to 0..1.</summary>
    /// <param name="context">The context of ML.NET.</param>
    /// <param name="dimension">d.</param>
    /// <param name="minimum">The value that is mapped to 0.</param>
    /// <param name="maximum">The value that is mapped to 1.</param>
    /// <param name="scores">The kind of the classifier's scores that the user states; null for none.</param>
    internal abstract OpenTarget Open(MLContext context, int dimension, float minimum, float maximum, ScoreKind? scores);

    /// <summary>Opens the target for a table's columns, as they are.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="label">A label column that the target may want, and that has no effect on scores; null for none.</param>
    /// <param name="scores">The kind of the scores that the user states; null for none.</param>
    /// <exception cref="InputException">The target takes vectors alone.</exception>
    internal virtual OpenTarget Open(TableColumns columns, DataViewSchema.Column? label, ScoreKind? scores) =>
        throw new InputException("An ONNX classifier takes one vector of Single; concatenate the columns to one, or give a fitted pipeline (FromTransformer).");

    /// <summary>The stages that turn a column that is no vector of floats into pixels.</summary>
    /// <param name="context">The context of ML.NET.</param>
    /// <param name="schema">The schema of the data.</param>
    /// <param name="column">The attacked column.</param>
    /// <exception cref="InputException">The target has no such stages.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The target takes vectors alone.</exception>
    internal virtual ImageStages Images(MLContext context, DataViewSchema schema, string column) =>
        throw Mismatch.Of("input", column, "a known-size vector of Single", schema[column].Type.ToString()!);

    /// <summary>Opens the target for the pixels that these stages extract.</summary>
    internal virtual OpenTarget Open(MLContext context, ImageStages images, ScoreKind? scores) => throw new NotSupportedException();

    /// <summary>Opens a saved target of images.</summary>
    internal virtual OpenTarget Open(MLContext context, SavedTarget saved, ScoreKind? scores) => throw new NotSupportedException();

    /// <summary>Creates the target from a saved model.</summary>
    internal static BlackBoxTarget From(SavedTarget saved, MLContext context) => saved.Path is not null
        ? new OnnxTarget(saved.Path, saved.Device is null ? null : OnnxDevice.Parse(saved.Device), saved.Sha256)
        : TransformerTarget.Loaded(saved, context);
}

using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>A classifier that is only queried. Created by <see cref="ZerothOrderCatalog.FromOnnx"/> and <see cref="ZerothOrderCatalog.FromTransformer"/>.</summary>
public abstract class BlackBoxTarget
{
    private protected BlackBoxTarget()
    {
    }

    /// <summary>Opens the target for rows of this many floats. The values minimum..maximum are mapped to 0..1.</summary>
    internal abstract OpenTarget Open(MLContext context, int dimension, float minimum, float maximum);

    /// <summary>Creates the target from a saved model.</summary>
    internal static BlackBoxTarget From(SavedTarget saved, MLContext context) => saved.Path is not null
        ? new OnnxTarget(saved.Path, saved.Device is null ? null : Device.Parse(saved.Device), saved.Sha256)
        : TransformerTarget.Loaded(saved, context);
}

using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>A classifier that is only queried. Made by <see cref="ZerothOrderCatalog.FromOnnx"/> and <see cref="ZerothOrderCatalog.FromTransformer"/>.</summary>
public abstract class BlackBoxTarget
{
    private protected BlackBoxTarget()
    {
    }

    /// <summary>Opens it for rows of this many floats, each of which stands for minimum..maximum as 0..1.</summary>
    internal abstract OpenTarget Open(MLContext context, int dimension, float minimum, float maximum);

    /// <summary>The target that a saved model holds.</summary>
    internal static BlackBoxTarget From(SavedTarget saved, MLContext context) => saved.Path is not null
        ? new OnnxTarget(saved.Path, saved.Device is null ? null : Device.Parse(saved.Device), saved.Sha256)
        : TransformerTarget.Loaded(saved, context);
}

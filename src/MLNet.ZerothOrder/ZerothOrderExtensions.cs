using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>The entry point from ML.NET.</summary>
public static class ZerothOrderExtensions
{
    /// <summary>
    /// Black-box attacks and robustness metrics. One call also enables <see cref="ModelOperationsCatalog.Load(string, out DataViewSchema)"/>
    /// to load models that contain a <see cref="BlackBoxAttackTransformer"/>.
    /// </summary>
    public static ZerothOrderCatalog ZerothOrder(this MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ZerothOrderCatalog(context);
    }
}

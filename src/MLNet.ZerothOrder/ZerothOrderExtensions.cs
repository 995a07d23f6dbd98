using Microsoft.ML;

namespace MLNet.ZerothOrder;

/// <summary>The way in from ML.NET.</summary>
public static class ZerothOrderExtensions
{
    /// <summary>
    /// Black-box attacks and what measures them. Calling it once also lets <see cref="ModelOperationsCatalog.Load(string, out DataViewSchema)"/>
    /// read models that hold a <see cref="BlackBoxAttackTransformer"/>.
    /// </summary>
    public static ZerothOrderCatalog ZerothOrder(this MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ZerothOrderCatalog(context);
    }
}

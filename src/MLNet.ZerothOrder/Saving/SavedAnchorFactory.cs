using Microsoft.ML.Transforms;

namespace MLNet.ZerothOrder;

/// <summary>Makes a saved attack's first step.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SavedAnchorFactory : CustomMappingFactory<NoColumns, SavedAnchor>
{
    public const string Contract = "MLNet.ZerothOrder.Anchor";

    public override Action<NoColumns, SavedAnchor> GetMapping() => (_, row) => row.Anchor = SavedAnchor.Value;
}

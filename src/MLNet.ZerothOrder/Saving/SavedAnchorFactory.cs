using Microsoft.ML.Transforms;

namespace MLNet.ZerothOrder;

/// <summary>Creates the first step of a saved attack.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SavedAnchorFactory : CustomMappingFactory<NoColumns, SavedAnchor>
{
    public const string Contract = "MLNet.ZerothOrder.Anchor";

    public override Action<NoColumns, SavedAnchor> GetMapping() => (_, row) => row.Anchor = SavedAnchor.Value;
}

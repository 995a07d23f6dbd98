using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>An input of a model of tables.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Type">The number format and the shape, such as <c>Float [N, 1]</c>.</param>
/// <param name="Width">The values per row; null if the model leaves it open.</param>
public sealed record TableInput(string Name, TableInputKind Kind, string Type, int? Width)
{
    internal DataType ElementType { get; init; }

    internal int Rank { get; init; }
}

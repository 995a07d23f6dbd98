using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Recognises a featurizer: a network without its last layer, whose outputs are features averaged over the image.</summary>
internal static class PooledFeatures
{
    // Widths of features are multiples of this. A classifier may pool too, as SqueezeNet does, but few numbers of classes are.
    private const int Multiple = 32;
    private const int Fewest = 128;

    private static readonly string[] Pools = ["GlobalAveragePool", "GlobalMaxPool", "AveragePool", "ReduceMean"];
    private static readonly string[] KeepsValues = ["Flatten", "Reshape", "Squeeze", "Identity", "Cast", "Dropout", "Transpose", "L2Normalization", "LpNormalization"];

    /// <summary>The operator that pools the values of an output, such as <c>GlobalAveragePool</c>; null if the output is none of features.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="output">The output.</param>
    /// <param name="values">The number of its values for an image.</param>
    public static string? Of(GraphIndex graph, string output, int values)
    {
        Node? node = graph.Producer(output);
        while (node is not null && KeepsValues.Contains(node.OpType))
        {
            node = graph.Producer(node.Input[0]);
        }

        return values >= Fewest && values % Multiple == 0 && node is not null && Pools.Contains(node.OpType) ? node.OpType : null;
    }
}

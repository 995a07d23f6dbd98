using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Names the operators that make the scores of an image differ between calls, or depend on the other rows of a call.</summary>
internal static class Unsteadiness
{
    private const int MostNamed = 3;

    /// <summary>
    /// Operators that draw random numbers or keep state between calls, such as <c>RandomNormalLike 'noise'</c>, without <see cref="InnerDropouts"/>; empty for none.
    /// </summary>
    public static string Changing(GraphIndex graph) => Named(graph.Graph.Node.Where(node =>
        node.OpType is "RandomNormal" or "RandomNormalLike" or "RandomUniform" or "RandomUniformLike" or "Bernoulli" or "Multinomial"
        || (IsTrainingDropout(graph, node) && !IsInner(graph, node)) || IsTrainingNormalization(node)));

    /// <summary>Dropouts in training mode between two operators, which ONNX Runtime leaves out; empty for none.</summary>
    public static string InnerDropouts(GraphIndex graph) => Named(graph.Graph.Node.Where(node => IsTrainingDropout(graph, node) && IsInner(graph, node)));

    /// <summary>Dropout operators in training mode; empty for none.</summary>
    public static string Dropouts(GraphIndex graph) => Named(graph.Graph.Node.Where(node => IsTrainingDropout(graph, node)));

    /// <summary>Operators that compute over all rows of a call; empty if no known one does.</summary>
    public static string Shared(GraphIndex graph) =>
        Named(graph.Graph.Node.Where(node => node.OpType == "DynamicQuantizeLinear" || IsTrainingNormalization(node) || ReducesRows(graph, node)));

    private static bool IsInner(GraphIndex graph, Node dropout) => !graph.Graph.Output.Any(output => dropout.Output.Contains(output.Name));

    private static bool IsTrainingDropout(GraphIndex graph, Node node) =>
        node.OpType == "Dropout" && (node.Input.Count > 2 ? graph.Values(node.Input[2]) is [not 0] : Number(node, "is_test") == 0);

    // Up to version 13, further outputs of the operator indicate training mode; from version 14 on, an attribute does.
    private static bool IsTrainingNormalization(Node node) =>
        node.OpType == "BatchNormalization" && (Number(node, "training_mode") == 1 || node.Output.Count(output => output.Length > 0) > 1);

    private static bool ReducesRows(GraphIndex graph, Node node)
    {
        if (!node.OpType.StartsWith("Reduce", StringComparison.Ordinal))
        {
            return false;
        }

        double[] axes = node.Attribute.FirstOrDefault(attribute => attribute.Name == "axes") is { } attribute ? [.. attribute.Ints.Select(axis => (double)axis)]
            : node.Input.Count > 1 && node.Input[1].Length > 0 ? graph.Values(node.Input[1]) ?? [] : [0];
        return axes.Contains(0);
    }

    private static long? Number(Node node, string attribute) => node.Attribute.FirstOrDefault(a => a.Name == attribute)?.I;

    private static string Named(IEnumerable<Node> nodes)
    {
        string[] names = [.. nodes.Select(node => $"{(IsTrainingNormalization(node) || node.OpType == "Dropout" ? $"{node.OpType} in training mode" : node.OpType)} '{OnnxErrors.OneLine(node.Name.Length > 0 ? node.Name : node.Output[0])}'")];
        string named = string.Join(", ", names.Take(MostNamed));
        return names.Length > MostNamed ? $"{named} and {names.Length - MostNamed} more" : named;
    }
}

using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>The names that the operators of a model use, including the operators of their sub-graphs.</summary>
internal static class GraphNames
{
    /// <summary>The tensors that an operator reads, including those that its sub-graphs read from the graph around it.</summary>
    public static IEnumerable<string> Read(Node node) =>
        node.Input.Where(name => name.Length > 0).Concat(Graphs(node).SelectMany(graph => graph.Node.SelectMany(Read).Concat(graph.Output.Select(output => output.Name))));

    /// <summary>The prefix, lengthened until no name in the model begins with it.</summary>
    public static string Unused(Model model, string prefix)
    {
        HashSet<string> names = [.. All(model.Graph!), .. model.Functions.SelectMany(function => function.Node).SelectMany(All)];
        while (names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            prefix = "_" + prefix;
        }

        return prefix;
    }

    private static IEnumerable<string> All(Graph graph) =>
    [
        .. graph.Node.SelectMany(All),
        .. graph.Initializer.Select(tensor => tensor.Name),
        .. graph.SparseInitializer.Select(sparse => sparse.Values?.Name ?? ""),
        .. graph.Input.Concat(graph.Output).Select(value => value.Name),
    ];

    private static IEnumerable<string> All(Node node) => [node.Name, .. node.Input, .. node.Output, .. Graphs(node).SelectMany(All)];

    private static IEnumerable<Graph> Graphs(Node node) =>
        node.Attribute.SelectMany(attribute => attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs);
}

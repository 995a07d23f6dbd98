namespace MLNet.ZerothOrder;

/// <summary>One operator of a graph, by what it reads and writes.</summary>
internal sealed record OnnxNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs);

namespace ServeModel;

/// <summary>An input or output. A size of -1 is open.</summary>
public sealed record TensorInfo(string Name, string Datatype, long[] Shape);

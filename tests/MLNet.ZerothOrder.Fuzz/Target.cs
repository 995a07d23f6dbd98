namespace MLNet.ZerothOrder.Fuzz;

/// <summary>A reader under test.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="FileName">The file that is read, inside a folder of its own.</param>
/// <param name="Magic">Leading bytes that mutations leave as they are.</param>
/// <param name="Seeds">Valid contents.</param>
/// <param name="Read">Reads the file; told its path.</param>
/// <param name="Mend">Corrects what would stop every mutation at the door, such as check sums; null for nothing.</param>
internal sealed record Target(string Name, string FileName, int Magic, IReadOnlyList<byte[]> Seeds, Action<string> Read, Func<byte[], byte[]>? Mend = null)
{
    /// <summary>Whether the content is a protobuf message, whose fields are mutated as such too.</summary>
    public bool IsProtobuf { get; init; }

    /// <summary>Whether the content is a JSON object, which is mutated as such too.</summary>
    public bool IsJson { get; init; }
}

using System.Reflection;

namespace MLNet.ZerothOrder;

/// <summary>The learned optimizers that are embedded in this library, by name, such as <c>zo-lstm-plus</c>.</summary>
public static class BundledOptimizers
{
    private const string Prefix = "optimizers/";
    private const string Ending = ".onnx";

    /// <summary>All names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..^Ending.Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>The content of the file of an optimizer.</summary>
    /// <exception cref="InputException">The name is unknown; the message suggests the nearest one.</exception>
    public static byte[] Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Prefix}{name}{Ending}");
        if (stream is null)
        {
            string hint = NearestName.Of(name, Names) is { } nearest ? $"did you mean '{nearest}'? Known" : "known";
            throw new InputException($"There is no bundled optimizer '{name}'; {hint}: {string.Join(", ", Names)}.");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Creates an optimizer.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static IZerothOrderOptimizer Load(string name) => OptimizerFile.Describe(Read(name), name).Model.CreateOptimizer(name);
}

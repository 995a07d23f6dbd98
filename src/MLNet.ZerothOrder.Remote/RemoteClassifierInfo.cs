namespace MLNet.ZerothOrder;

/// <summary>The properties of a classifier behind a network that the server said or that were guessed.</summary>
public sealed record RemoteClassifierInfo : ClassifierInfo
{
    /// <summary>The protocol, in words.</summary>
    public required string Protocol { get; init; }

    /// <summary>The model's name at the server.</summary>
    public required string Name { get; init; }

    /// <summary>The model's version at the server; empty if it does not say it.</summary>
    public required string Version { get; init; }

    /// <summary>The input: its name, number format and shape, as far as the server says them.</summary>
    public required string Input { get; init; }

    /// <summary>The order of the input's values.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>The output: its name, number format and shape, as far as the server says them.</summary>
    public required string Output { get; init; }

    /// <summary>The most rows of a request.</summary>
    public required int RequestRows { get; init; }

    /// <summary>Whether the service names classes and gives no scores. A row then has 1 for the named class and 0 for the others, or smaller scores for the next ones.</summary>
    public bool LabelsOnly { get; init; }

    /// <inheritdoc/>
    public override string InputText => $"{Input}, images {Image}, pixels {Encoding}";

    /// <inheritdoc/>
    public override string Assumptions =>
        $"model '{Name}'{(Version.Length > 0 ? $" version {Version}" : "")} by {Protocol}, input {Input} as {(Layout == ImageLayout.Flat ? "flat" : Layout.ToString().ToUpperInvariant())} images of {Image}, "
        + $"pixels as {Encoding}{(Answers is null ? "" : $" ({Answers})")}, output {Output} as {(LabelsOnly ? "labels" : ScoreKinds.Name(Scores))} of {Classes} classes, up to {RequestRows} rows a request";

    /// <summary>All properties as named lines of text.</summary>
    public IEnumerable<(string Name, string Text)> ToText() =>
    [
        .. Head(Path, Name, Version, Protocol),
        ("input", Input),
        ("layout", Layout == ImageLayout.Flat ? "flat" : Layout.ToString().ToUpperInvariant()),
        ("image", $"{Image} (channels×height×width)"),
        ("batch", $"up to {RequestRows} image{(RequestRows == 1 ? "" : "s")} a request"),
        ("pixels", $"{Encoding}"),
        ("output", $"{Output}: {Classes} classes"),
        ("scores", LabelsOnly ? "labels alone" : ScoreKinds.Name(Scores)),
    ];

    /// <summary>What a server says without being asked about an image.</summary>
    internal static IReadOnlyList<(string Name, string Text)> Declared(string address, ModelDeclaration declared) =>
    [
        .. Head(address, declared.Name, declared.Version, declared.Protocol),
        ("input", declared.Input is { } input ? $"{input.Name}: {input.Type} {input.ShapeText}" : $"{declared.Picture} of the size of the images; the service does not say what it takes"),
        ("batch", declared.MostRows is { } rows ? $"up to {rows} image{(rows == 1 ? "" : "s")} a request" : "the service names no limit"),
        ("output", declared.Output is { } output ? $"{output.Name}: {output.Type} {output.ShapeText}" : "the service does not say what it gives"),
    ];

    private static IEnumerable<(string Name, string Text)> Head(string address, string name, string version, string protocol) =>
        [("model", address), ("named", $"{name}{(version.Length > 0 ? $", version {version}" : "")}"), ("protocol", protocol)];
}

using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>What a prior's file says about it.</summary>
public sealed record PriorInfo
{
    /// <summary>The size of an image.</summary>
    public required ImageShape Image { get; init; }

    /// <summary>K, the number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>The name of the classifier that was asked.</summary>
    public string Target { get; init; } = "";

    /// <summary>The SHA-256 of that classifier's file; empty if it is no file.</summary>
    public string TargetSha256 { get; init; } = "";

    /// <summary>The images that it was asked about, as text.</summary>
    public string TrainedOn { get; init; } = "";

    /// <summary>The queries of the training.</summary>
    public long Queries { get; init; }

    /// <summary>Whether only the predicted classes were used.</summary>
    public bool LabelsOnly { get; init; }

    /// <summary>The seed of the training.</summary>
    public long Seed { get; init; }

    /// <summary>The share of the held-out images to which the network gives the class that the classifier gives them.</summary>
    public double Agreement { get; init; } = double.NaN;

    /// <summary>The SHA-256 of the prior's own file; empty before it is written.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The description as lines of a name and a text.</summary>
    /// <param name="path">The file.</param>
    public IEnumerable<(string Name, string Text)> ToText(string path) =>
    [
        ("prior", path),
        ("sha256", Sha256),
        ("images", $"{Image}, {Classes} classes"),
        ("learned on", $"{Target} ({TargetSha256})"),
        ("with", string.Create(CultureInfo.InvariantCulture, $"{Queries:N0} queries, {(LabelsOnly ? "predicted classes alone" : "scores")}: {TrainedOn}, seed {Seed}")),
        ("agreement", string.Create(CultureInfo.InvariantCulture, $"gives {100 * Agreement:0.0} % of the held-out images the class that the model gives them")),
    ];
}

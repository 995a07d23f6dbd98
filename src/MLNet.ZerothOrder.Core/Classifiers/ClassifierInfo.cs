using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The properties of a classifier that were read or guessed.</summary>
public abstract record ClassifierInfo
{
    /// <summary>The path of the model's file as given, or the address of the service.</summary>
    public required string Path { get; init; }

    /// <summary>The SHA-256 of the model's file in lower-case hexadecimal, without external weights; empty for a service.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The size of the images.</summary>
    public required ImageShape Image { get; init; }

    /// <summary>The number of classes; 2 for a model of one score, which stands for the second class.</summary>
    public required int Classes { get; init; }

    /// <summary>The kind of scores: from the options, or detected on a few test images. With real images, detect again with <see cref="ScoreKinds"/>.</summary>
    public required ScoreKind Scores { get; init; }

    /// <summary>How pixels in [0, 1] become the model's input values.</summary>
    public required PixelEncoding Encoding { get; init; }

    /// <summary>The model's own metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The answers to some of the images that the classifier was opened for; null if it was opened without images.</summary>
    public CleanAnswers? Answers { get; init; }

    /// <summary>Unexpected properties of the classifier and missing guarantees, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The input in one line: name, type, shape and the encoding of pixels.</summary>
    public abstract string InputText { get; }

    /// <summary>The assumptions that the options did not decide, as the beginning of one sentence: input, encoding, accuracy, output and scores.</summary>
    public abstract string Assumptions { get; }
}

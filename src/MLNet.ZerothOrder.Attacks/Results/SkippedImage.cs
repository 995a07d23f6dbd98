using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>An image that was not attacked.</summary>
/// <param name="Index">The index in the image set.</param>
/// <param name="Name">The name of the image.</param>
/// <param name="Label">The true class.</param>
/// <param name="Predicted">The predicted class; −1 if the classifier failed on the image.</param>
/// <param name="Reason">Why it was skipped.</param>
public sealed record SkippedImage(
    [property: JsonIgnore] int Index, [property: JsonPropertyName("id")] string Name, int Label, int Predicted, string Reason)
{
    [JsonConstructor]
    internal SkippedImage(string name, int label, int predicted, string reason)
        : this(0, name, label, predicted, reason)
    {
    }
}

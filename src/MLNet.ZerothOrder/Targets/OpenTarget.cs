using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>An open classifier.</summary>
/// <param name="Oracle">The oracle to query. The code that opened the target disposes it.</param>
/// <param name="Shape">The size of the images; 1 × 1 × d for rows that are not images.</param>
/// <param name="IsInterleaved">Whether a row stores its channels pixel by pixel.</param>
/// <param name="ClassNames">The names of the classes; null if the target has none.</param>
/// <param name="Model">The name of the model in messages.</param>
/// <param name="Save">Returns the target in the form of a saved model.</param>
/// <param name="Images">The stages that turn the attacked column into pixels; null if it is a vector.</param>
internal sealed record OpenTarget(
    IQueryOracle Oracle, ImageShape Shape, bool IsInterleaved, IReadOnlyList<string>? ClassNames, string Model, Func<SavedTarget> Save, ImageStages? Images = null);

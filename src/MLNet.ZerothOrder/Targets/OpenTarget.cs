using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A classifier, ready to be queried.</summary>
/// <param name="Oracle">What is queried. The target's opener disposes it.</param>
/// <param name="Shape">The images' size; 1 × 1 × d where rows are no images.</param>
/// <param name="IsInterleaved">Whether a row holds its channels pixel by pixel.</param>
/// <param name="ClassNames">The classes' names; null where the target has none.</param>
/// <param name="Model">What messages call it.</param>
/// <param name="Save">What a saved model holds of it.</param>
internal sealed record OpenTarget(IQueryOracle Oracle, ImageShape Shape, bool IsInterleaved, IReadOnlyList<string>? ClassNames, string Model, Func<SavedTarget> Save);

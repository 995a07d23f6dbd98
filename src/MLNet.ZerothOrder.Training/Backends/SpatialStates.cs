using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Training;

/// <summary>States of attacks on images of one size, with the squared slopes of some coordinates.</summary>
/// <param name="Shape">The size of the images.</param>
/// <param name="Maps">The maps of <see cref="SpatialWeights"/>, N × 9 × height × width.</param>
/// <param name="Scalars">Its scalars, N × 6.</param>
/// <param name="Sizes">|G|/r, N × d.</param>
/// <param name="Squares">g² of the coordinates that were asked, in units of their mean; 0 of the others; N × d.</param>
/// <param name="Asked">How many coordinates of each state were asked, N.</param>
/// <param name="Directions">q of each state, N.</param>
public sealed record SpatialStates(ImageShape Shape, float[] Maps, float[] Scalars, float[] Sizes, float[] Squares, float[] Asked, float[] Directions);

namespace MLNet.ZerothOrder.Cli;

/// <summary>What the parts of one unroll took.</summary>
/// <param name="Forward">T steps.</param>
/// <param name="Backward">Backpropagation through them.</param>
/// <param name="Adam">One step over the weights.</param>
internal readonly record struct UnrollTime(TimeSpan Forward, TimeSpan Backward, TimeSpan Adam);

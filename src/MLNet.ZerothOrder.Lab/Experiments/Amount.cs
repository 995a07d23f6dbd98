namespace MLNet.ZerothOrder.Lab;

/// <summary>The default number of images or trials of an experiment.</summary>
/// <param name="Usual">The number of a full run: the paper's, or ours if the paper states none.</param>
/// <param name="Quick">The number of a quick run.</param>
/// <param name="On">The task that the number belongs to; null if the experiment has only one.</param>
public sealed record Amount(int Usual, int Quick, string? On = null);

namespace MLNet.ZerothOrder.Lab;

/// <summary>How many images or trials an experiment takes by default.</summary>
/// <param name="Usual">The paper's number, or ours where the paper names none.</param>
/// <param name="Quick">The number of a quick run.</param>
/// <param name="On">The task, where an experiment has several.</param>
public sealed record Amount(int Usual, int Quick, string? On = null);

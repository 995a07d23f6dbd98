namespace MLNet.ZerothOrder.Cli;

/// <summary>What counts as a success.</summary>
/// <param name="Text">In words.</param>
/// <param name="Class">The name of the wanted class; null for another one than the true one, and for a regression.</param>
/// <param name="Goal">For a regression: the goal from a row's prediction.</param>
internal sealed record RowAim(string Text, string? Class, Func<float, RowGoal>? Goal);

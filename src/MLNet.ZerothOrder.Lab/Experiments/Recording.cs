namespace MLNet.ZerothOrder.Lab;

/// <summary>One image's attack and its recorded steps.</summary>
/// <param name="Problem">The attack.</param>
/// <param name="Steps">Its steps.</param>
internal sealed record Recording(Problem Problem, Recorder Steps);

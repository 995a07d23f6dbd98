namespace MLNet.ZerothOrder.Lab;

/// <summary>The attack on one image and its recorded steps.</summary>
/// <param name="Problem">The attack.</param>
/// <param name="Steps">The recorded steps.</param>
internal sealed record Recording(Problem Problem, Recorder Steps);

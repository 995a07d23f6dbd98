namespace MLNet.ZerothOrder.Tests.Estimators;

/// <summary>Samplers by name, for tables.</summary>
internal static class Samplers
{
    public static readonly string[] Names = ["gaussian", "coordinate", "guided", "magnitude"];

    public static IDirectionSampler Create(string name) => name switch
    {
        "gaussian" => new GaussianSampler(),
        "coordinate" => new CoordinateSampler(),
        "magnitude" => new MagnitudeSampler(),
        _ => new GuidedSampler(0.5f),
    };
}

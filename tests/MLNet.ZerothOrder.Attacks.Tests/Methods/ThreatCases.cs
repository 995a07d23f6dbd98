using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Every optimizer and method with every kind of threat model that it fits.</summary>
internal static class ThreatCases
{
    private static readonly Dictionary<string, AttackLoss> Losses = new()
    {
        ["linf 0.02"] = new() { Norm = DistortionNorm.LInfinity, Epsilon = 0.02 },
        ["linf 8/255"] = new() { Norm = DistortionNorm.LInfinity, Epsilon = 8 / 255.0 },
        ["linf 1"] = new() { Norm = DistortionNorm.LInfinity, Epsilon = 1 },
        ["l2 0.1"] = new() { Norm = DistortionNorm.L2, Epsilon = 0.1 },
        ["l2 0.7"] = new() { Norm = DistortionNorm.L2, Epsilon = 0.7 },
        ["l1 0.3"] = new() { Norm = DistortionNorm.L1, Epsilon = 0.3 },
        ["l1 2"] = new() { Norm = DistortionNorm.L1, Epsilon = 2 },
        ["1 pixel"] = new() { Pixels = 1 },
        ["5 pixels"] = new() { Pixels = 5 },
        ["labels, linf 0.1"] = new() { LabelsOnly = true, Norm = DistortionNorm.LInfinity, Epsilon = 0.1 },
        ["labels, l2 0.5"] = new() { LabelsOnly = true, Norm = DistortionNorm.L2, Epsilon = 0.5 },
    };

    /// <summary>Methods only.</summary>
    public static TheoryData<string, string> OfMethods => Table(new OptimizerRegistry().Methods);

    public static TheoryData<string, string> All => Table([.. new OptimizerRegistry().Names, .. new OptimizerRegistry().Methods]);

    public static AttackLoss Loss(string threat) => Losses[threat];

    public static IZerothOrderOptimizer Optimizer(string name) => new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 5, StepSize = 2 });

    public static AttackOptions Options(string threat, long budget, bool stops = false) => new()
    {
        Loss = Loss(threat),
        Limits = new RunLimits { Iterations = int.MaxValue, Budget = budget, StopOnSuccess = stops },
        Smoothing = 1e-2,
        Scores = ScoreKind.Logits,
        Levels = null,
    };

    private static TheoryData<string, string> Table(IEnumerable<string> names)
    {
        var data = new TheoryData<string, string>();
        foreach (string name in names)
        {
            foreach ((string threat, AttackLoss loss) in Losses)
            {
                if (Optimizer(name).Fits(loss))
                {
                    data.Add(name, threat);
                }
            }
        }

        return data;
    }
}

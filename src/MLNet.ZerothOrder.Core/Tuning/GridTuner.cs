namespace MLNet.ZerothOrder;

/// <summary>
/// The paper's tuning of a hand-designed optimizer: δ on {0.01, 0.1, 1, 10, 100, 1000}, a grid that grows where its edge
/// wins, then on a linear range around the winner, then between the winner's neighbours; for ADAM also β₁ ∈ {0.9, 0.99} and
/// β₂ ∈ {0.99, 0.996, 0.999}.
/// </summary>
public sealed class GridTuner
{
    private const int LongestWalk = 6;

    private static readonly double[] Coarse = [0.01, 0.1, 1, 10, 100, 1000];
    private static readonly double[] Beta1 = [0.9, 0.99];
    private static readonly double[] Beta2 = [0.99, 0.996, 0.999];

    private readonly Func<OptimizerSettings, double> _loss;
    private readonly Action<OptimizerSettings, double>? _report;
    private readonly Dictionary<OptimizerSettings, double> _tried = [];

    /// <param name="loss">The measure to minimise; NaN never wins. Asked once per settings.</param>
    /// <param name="report">Told every settings and its measure, as they come.</param>
    public GridTuner(Func<OptimizerSettings, double> loss, Action<OptimizerSettings, double>? report = null)
    {
        ArgumentNullException.ThrowIfNull(loss);
        _loss = loss;
        _report = report;
    }

    /// <summary>Tunes from given settings, whose other values stay.</summary>
    /// <param name="start">q, the kind of estimate, μ.</param>
    /// <param name="withBetas">Whether β₁ and β₂ are tuned too.</param>
    /// <returns>The best settings and their measure.</returns>
    public (OptimizerSettings Settings, double Loss) Tune(OptimizerSettings start, bool withBetas)
    {
        ArgumentNullException.ThrowIfNull(start);
        OptimizerSettings best = Best(Coarse.Select(delta => start with { StepSize = delta }));
        if (best.StepSize == Coarse[0])
        {
            best = Walk(best, 0.1);
        }
        else if (best.StepSize == Coarse[^1])
        {
            best = Walk(best, 10);
        }

        if (withBetas)
        {
            best = BestBetas(best);
        }

        double[] linear = [0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8];
        OptimizerSettings center = best;
        best = Best(linear.Select(factor => center with { StepSize = center.StepSize * factor }));
        if (withBetas)
        {
            best = BestBetas(best);
        }

        // Between the winner and its neighbours: the linear range is a fifth to a doubling wide there.
        OptimizerSettings middle = best;
        double[] near = [0.7, 0.85, 1, 1.2, 1.4];
        best = Best(near.Select(factor => middle with { StepSize = middle.StepSize * factor }));
        return (best, _tried[best]);
    }

    // From an edge that won outwards, for as long as the next one wins.
    private OptimizerSettings Walk(OptimizerSettings best, double factor)
    {
        for (int i = 0; i < LongestWalk; i++)
        {
            OptimizerSettings next = Best([best, best with { StepSize = best.StepSize * factor }]);
            if (next == best)
            {
                break;
            }

            best = next;
        }

        return best;
    }

    private OptimizerSettings BestBetas(OptimizerSettings settings) =>
        Best(Beta1.SelectMany(_ => Beta2, (b1, b2) => settings with { Beta1 = b1, Beta2 = b2 }).Prepend(settings));

    private OptimizerSettings Best(IEnumerable<OptimizerSettings> candidates) =>
        candidates.Select(Rounded).MinBy(c => Measure(c) is var loss && double.IsNaN(loss) ? double.PositiveInfinity : loss)!;

    // Products of decimal factors carry rounding tails that nobody wants to read in a settings file.
    private static OptimizerSettings Rounded(OptimizerSettings settings) =>
        settings with { StepSize = double.Parse(settings.StepSize.ToString("G4", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture) };

    private double Measure(OptimizerSettings settings)
    {
        if (!_tried.TryGetValue(settings, out double loss))
        {
            loss = _loss(settings);
            _tried.Add(settings, loss);
            _report?.Invoke(settings, loss);
        }

        return loss;
    }
}

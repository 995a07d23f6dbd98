namespace MLNet.ZerothOrder;

/// <summary>
/// The paper's tuning of a hand-designed optimizer. It searches δ on the grid {0.01, 0.1, 1, 10, 100, 1000}, which grows if an edge
/// wins, then on a linear range around the winner, then between the winner and its neighbours. For Adam it also searches
/// β₁ ∈ {0.9, 0.99} and β₂ ∈ {0.99, 0.996, 0.999}.
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

    /// <param name="loss">The loss to minimize. NaN never wins. Evaluated once per settings.</param>
    /// <param name="report">Called with each settings and its loss.</param>
    public GridTuner(Func<OptimizerSettings, double> loss, Action<OptimizerSettings, double>? report = null)
    {
        ArgumentNullException.ThrowIfNull(loss);
        _loss = loss;
        _report = report;
    }

    /// <summary>Tunes δ and, if asked for, the β of the given settings. The other values stay.</summary>
    /// <param name="start">q, the kind of estimate, μ.</param>
    /// <param name="withBetas">Whether β₁ and β₂ are tuned too.</param>
    /// <returns>The best settings and their loss.</returns>
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

        // Refines between the winner and its neighbours, because the linear range is coarse: neighbours differ by a fifth up to a factor of two.
        OptimizerSettings middle = best;
        double[] near = [0.7, 0.85, 1, 1.2, 1.4];
        best = Best(near.Select(factor => middle with { StepSize = middle.StepSize * factor }));
        return (best, _tried[best]);
    }

    // Extends the grid beyond an edge that won, as long as the next value wins.
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

    // Products of decimal factors have rounding errors, which would make the settings file hard to read.
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

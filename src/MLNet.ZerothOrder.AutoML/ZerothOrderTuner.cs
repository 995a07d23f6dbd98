using System.Text.Json;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Space = Microsoft.ML.SearchSpace.SearchSpace;

namespace MLNet.ZerothOrder;

/// <summary>
/// Proposes the trials of an AutoML experiment with a <see cref="BlackBoxTuner"/> over the feature space [0, 1]^d of its search
/// space, where choices are drawn anew and numbers are moved. Call <see cref="AutoMLExperimentExtensions.SetZerothOrderTuner"/> after
/// <c>SetPipeline</c>, which sets a tuner of its own.
/// </summary>
/// <remarks>
/// Parameters that were tried already (whole numbers and choices make many points one) are answered from memory and cost no
/// trial. A failed trial counts as worse than all others. Where nothing new is left, the best is proposed again.
/// </remarks>
public sealed class ZerothOrderTuner : ITuner
{
    private const int MostKnown = 1000;

    private readonly Space _space;
    private readonly BlackBoxTuner? _tuner;
    private readonly Dictionary<string, double> _losses = [];
    private string? _open;

    /// <param name="settings">The experiment's settings: its search space; its seed where no options are given; the number of models it explores.</param>
    /// <param name="options">
    /// How to tune; null for all defaults. The budget, the patience and the goal are the experiment's own and are not used; the start is
    /// a point of the feature space, by default the search space's own defaults. The optimizer is by default <see cref="DirectSearch"/> with the space's choices.
    /// </param>
    public ZerothOrderTuner(AutoMLExperiment.AutoMLExperimentSettings settings, TunerOptions? options = null)
        : this(
            (settings ?? throw new ArgumentNullException(nameof(settings))).SearchSpace,
            options ?? new TunerOptions { Seed = settings.Seed ?? 0, Exploration = Exploration(settings.MaxModels) })
    {
    }

    /// <param name="space">What to search.</param>
    /// <param name="options">How, as for the other constructor.</param>
    public ZerothOrderTuner(Space space, TunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        options ??= new TunerOptions();
        _space = space;
        int dimension = space.FeatureSpaceDim;
        if (dimension > 0)
        {
            _tuner = new BlackBoxTuner(BoxBounds.Cube(dimension, 0, 1), options with
            {
                Budget = null,
                Patience = null,
                Goal = null,
                Start = options.Start ?? Start(space),
                Optimizer = options.Optimizer ?? new DirectSearch(1, [.. space.Step.Select(step => step ?? 0)]),
            });
        }
    }

    /// <inheritdoc/>
    public Parameter Propose(TrialSettings settings)
    {
        if (_tuner is null)
        {
            return _space.SampleFromFeatureSpace([]);
        }

        if (_open is not null)
        {
            // A trial that was stopped never comes back.
            Answer(double.NaN);
        }

        Parameter proposal = Sample(_tuner.BestPoint.Span);
        for (int known = 0; known < MostKnown && _tuner.Ask(1) is [float[] point]; known++)
        {
            proposal = Sample(point);
            _open = JsonSerializer.Serialize(proposal);
            if (!_losses.TryGetValue(_open, out double loss))
            {
                break;
            }

            Answer(loss);
        }

        return proposal;
    }

    /// <inheritdoc/>
    public void Update(TrialResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        // What AutoML gives a failed trial.
        double loss = result.Loss == double.MaxValue ? double.NaN : result.Loss;
        string key = JsonSerializer.Serialize(result.TrialSettings.Parameter);
        if (key == _open)
        {
            Answer(loss);
        }
        else
        {
            _losses.TryAdd(key, loss);
        }
    }

    private static int? Exploration(int models) => models == int.MaxValue ? null : Math.Clamp(models / 8, 1, 6);

    // An option without a default says 0, and so does one whose default is its lowest value; a range is better begun in its middle.
    private static float[] Start(Space space) =>
        [.. space.Default.Zip(space.Step, (value, step) => step is null && value == 0 ? 0.5f : (float)Math.Clamp(value, 0, 1))];

    private void Answer(double loss)
    {
        _losses[_open!] = loss;
        _open = null;
        _tuner!.Tell(loss);
    }

    private Parameter Sample(ReadOnlySpan<float> point)
    {
        var feature = new double[point.Length];
        for (int i = 0; i < feature.Length; i++)
        {
            feature[i] = point[i];
        }

        return _space.SampleFromFeatureSpace(feature);
    }
}

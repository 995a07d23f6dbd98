using System.Text.Json;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using MLNet.ZerothOrder.Numerics;
using Space = Microsoft.ML.SearchSpace.SearchSpace;

namespace MLNet.ZerothOrder;

/// <summary>
/// Proposes the trials of an AutoML experiment with a <see cref="BlackBoxTuner"/> over the feature space [0, 1]^d of its search
/// space. Numbers are moved by steps; choices are redrawn. Call <see cref="AutoMLExperimentExtensions.SetZerothOrderTuner"/> after
/// <c>SetPipeline</c>, which sets its own tuner.
/// </summary>
/// <remarks>
/// Whole numbers and choices map many points to the same parameters. Repeated parameters are answered from memory and cost no
/// trial. A failed trial counts as the worst. If no new parameters are left, the best ones are proposed again.
/// </remarks>
public sealed class ZerothOrderTuner : ITuner
{
    private const int MostKnown = 1000;

    // Twice the default of the tuner: the loss of a trainer is rugged, and its best hyperparameters are often at the edges of their ranges.
    private const double Smoothing = 0.1;

    private readonly Space _space;
    private readonly BlackBoxTuner? _tuner;
    private readonly RandomKey _key;
    private readonly Dictionary<string, double> _losses = [];
    private string? _open;

    /// <param name="settings">The settings of the experiment: its search space, the number of models, and the seed if no options are given.</param>
    /// <param name="options">
    /// The options; null for defaults that suit a sweep (μ is 0.1). The experiment has its own budget, patience and goal, so those of the options are ignored. The
    /// start is a point of the feature space; null for the defaults of the search space. The optimizer is <see cref="DirectSearch"/> with the choices of the space by default.
    /// </param>
    public ZerothOrderTuner(AutoMLExperiment.AutoMLExperimentSettings settings, TunerOptions? options = null)
        : this(
            (settings ?? throw new ArgumentNullException(nameof(settings))).SearchSpace,
            options ?? new TunerOptions { Seed = settings.Seed ?? 0, Smoothing = Smoothing, Exploration = Exploration(settings.MaxModels) })
    {
    }

    /// <param name="space">The search space.</param>
    /// <param name="options">The options, as for the other constructor.</param>
    public ZerothOrderTuner(Space space, TunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        options ??= new TunerOptions { Smoothing = Smoothing };
        _space = space;
        _key = RandomKey.FromSeed(options.Seed);
        int dimension = space.FeatureSpaceDim;
        if (dimension > 0)
        {
            _tuner = new BlackBoxTuner(BoxBounds.Cube(dimension, 0, 1), options with
            {
                Budget = null,
                Patience = null,
                Goal = null,
                Start = options.Start ?? Start(space),
                Optimizer = options.Optimizer ?? new DirectSearch(1, [.. Steps(space).Select(step => step ?? 0)]),
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
            // A cancelled trial never reports a loss.
            Answer(double.NaN);
        }

        for (int known = 0; known < MostKnown && _tuner.Ask(1) is [float[] point]; known++)
        {
            Parameter proposal = Sample(point);
            _open = JsonSerializer.Serialize(proposal);
            if (!_losses.TryGetValue(_open, out double loss))
            {
                return proposal;
            }

            Answer(loss);
        }

        return Unseen() ?? Sample(_tuner.BestPoint.Span);
    }

    /// <inheritdoc/>
    public void Update(TrialResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        // AutoML reports double.MaxValue for a failed trial.
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

    // A larger share than the tuner's default, because good hyperparameters occur in several regions.
    private static int Exploration(int models) => models == int.MaxValue ? 8 : Math.Clamp(models / 4, 1, 10);

    // The number of choices of each coordinate, null for a number. A parameter with a single choice has a step but no coordinate.
    private static IEnumerable<int?> Steps(Space space) => space.Step.Where(step => step != 1);

    // A parameter without a default has the value 0, as has one whose default is its lowest value. A range is better started in its middle.
    private static float[] Start(Space space) =>
        [.. space.Default.Zip(Steps(space), (value, step) => step is null && value == 0 ? 0.5f : (float)Math.Clamp(value, 0, 1))];

    // Proposes any new parameters if the neighbourhood of the best is already known.
    private Parameter? Unseen()
    {
        var point = new float[_space.FeatureSpaceDim];
        for (int i = 0; i < MostKnown; i++)
        {
            CounterRandom.Uniforms(_key.Derive((ulong)_losses.Count).Derive((ulong)i), point);
            Parameter proposal = Sample(point);
            if (!_losses.ContainsKey(JsonSerializer.Serialize(proposal)))
            {
                return proposal;
            }
        }

        return null;
    }

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

using Microsoft.ML.AutoML;

namespace MLNet.ZerothOrder;

/// <summary>Puts our tuner into an AutoML experiment.</summary>
public static class AutoMLExperimentExtensions
{
    /// <summary>Has a <see cref="ZerothOrderTuner"/> propose the experiment's trials. Call it after <c>SetPipeline</c>, which sets a tuner of its own.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="options">How to tune; null for all defaults, with the experiment's seed.</param>
    public static AutoMLExperiment SetZerothOrderTuner(this AutoMLExperiment experiment, TunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return experiment.SetTuner(services =>
            new ZerothOrderTuner((AutoMLExperiment.AutoMLExperimentSettings)services.GetService(typeof(AutoMLExperiment.AutoMLExperimentSettings))!, options));
    }
}

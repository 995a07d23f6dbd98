using Microsoft.ML.AutoML;

namespace MLNet.ZerothOrder;

/// <summary>Adds our tuner to AutoML experiments.</summary>
public static class AutoMLExperimentExtensions
{
    /// <summary>Uses a <see cref="ZerothOrderTuner"/> to propose the trials of the experiment. Call it after <c>SetPipeline</c>, which sets its own tuner.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="options">The options; null for the defaults with the experiment's seed.</param>
    public static AutoMLExperiment SetZerothOrderTuner(this AutoMLExperiment experiment, TunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return experiment.SetTuner(services =>
            new ZerothOrderTuner((AutoMLExperiment.AutoMLExperimentSettings)services.GetService(typeof(AutoMLExperiment.AutoMLExperimentSettings))!, options));
    }
}

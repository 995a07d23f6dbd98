namespace MLNet.ZerothOrder;

/// <summary>An image classifier that describes itself, for results, checkpoints and messages. Its rows are images in [0, 1], channel by channel.</summary>
public interface IClassifier : IQueryOracle
{
    /// <summary>The properties of the model that were read or guessed.</summary>
    ClassifierInfo Info { get; }

    /// <summary>The rows that were scored to open the classifier for its images; 0 without images.</summary>
    int LoadingQueries { get; }

    /// <summary>Adds everything that determines this classifier's scores to the identity of a run.</summary>
    void AddTo(RunIdentity identity);
}

namespace MLNet.ZerothOrder.Training;

/// <summary>The options of a <see cref="PriorTraining"/>.</summary>
public sealed record PriorOptions
{
    /// <summary>The queries of the training, at least 20 (default: 50,000). Images are asked once each, and again with other noise if there are fewer.</summary>
    public int Budget
    {
        get;
        init => field = value >= 20 ? value : throw new ArgumentOutOfRangeException(nameof(Budget), value, "A prior needs a budget of at least 20 queries.");
    } = 50_000;

    /// <summary>Whether only the predicted classes are used (default: false).</summary>
    public bool LabelsOnly { get; init; }

    /// <summary>The passes over the answers, at least 1 (default: 12).</summary>
    public int Epochs
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Epochs), value, "There is at least 1 epoch.");
    } = 12;

    /// <summary>Adam's first learning rate (default: 0.002). It falls to 2 % of that along a cosine.</summary>
    public double LearningRate
    {
        get;
        init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "The learning rate is a positive number.");
    } = 0.002;

    /// <summary>The seed of all random numbers (default: 1).</summary>
    public long Seed { get; init; } = 1;
}

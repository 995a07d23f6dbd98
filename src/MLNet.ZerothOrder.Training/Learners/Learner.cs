namespace MLNet.ZerothOrder.Training;

/// <summary>What is learned: one network, the optimizer that it makes, and how its steps are recorded.</summary>
public abstract class Learner
{
    private protected Learner(RnnWeights initial) => Initial = initial;

    /// <summary>The network that training starts from.</summary>
    public RnnWeights Initial { get; }

    /// <summary>The learned model with these weights.</summary>
    public abstract LearnedModel Model(RnnWeights weights);

    /// <summary>The optimizer as it is trained.</summary>
    internal abstract IZerothOrderOptimizer Optimizer(RnnWeights weights);

    /// <summary>The optimizer as users run it.</summary>
    internal virtual IZerothOrderOptimizer Result(RnnWeights weights) => Optimizer(weights);

    /// <summary>An empty record for problems of d coordinates.</summary>
    internal abstract Tape CreateTape(int dimension, TrainerOptions options);

    /// <summary>UpdateRNN, gated or the paper's, whichever the network's shape says: stage 1 with Σ = I, or on the estimates that a frozen QueryRNN guides.</summary>
    /// <param name="initial">UpdateRNN to start from.</param>
    /// <param name="directions">q.</param>
    /// <param name="query">The QueryRNN that guides the estimates; null for Σ = I.</param>
    public static Learner Update(RnnWeights initial, int directions, RnnWeights? query = null) => new UpdateLearner(initial, directions, query);

    /// <summary>Stage 2: QueryRNN behind a frozen UpdateRNN, by the paper's objective; where UpdateRNN is gated, by the estimate's quality.</summary>
    /// <param name="update">UpdateRNN, frozen.</param>
    /// <param name="initial">QueryRNN to start from.</param>
    /// <param name="directions">q.</param>
    /// <param name="sgdStepSize">δ of ZO-SGD, which then steps in UpdateRNN's place; null for UpdateRNN. Only where UpdateRNN is gated.</param>
    /// <exception cref="ArgumentException">A step size is given and UpdateRNN is not gated.</exception>
    public static Learner Query(RnnWeights update, RnnWeights initial, int directions, double? sgdStepSize = null) =>
        new LearnedModel(update, initial).Kind == LearnedKind.Gated ? new QualityLearner(update, initial, directions, sgdStepSize)
            : sgdStepSize is null ? new QueryLearner(update, initial, directions)
            : throw new ArgumentException("By the paper's objective QueryRNN is learned through UpdateRNN, so ZO-SGD cannot step in its place.", nameof(sgdStepSize));

    /// <summary>The network of a <see cref="LearnedProximalOptimizer"/>.</summary>
    public static Learner Proximal(RnnWeights initial, int directions) => new ProximalLearner(initial, directions);
}

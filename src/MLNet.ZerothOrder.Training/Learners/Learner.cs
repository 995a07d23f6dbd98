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

    /// <summary>The paper's stage 1: UpdateRNN with Σ = I.</summary>
    public static Learner Update(RnnWeights initial, int directions) => new UpdateLearner(initial, directions);

    /// <summary>The paper's stage 2: QueryRNN behind a frozen UpdateRNN.</summary>
    public static Learner Query(RnnWeights update, RnnWeights initial, int directions) => new QueryLearner(update, initial, directions);

    /// <summary>The network of a <see cref="LearnedProximalOptimizer"/>.</summary>
    public static Learner Proximal(RnnWeights initial, int directions) => new ProximalLearner(initial, directions);
}

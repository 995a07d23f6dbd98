namespace MLNet.ZerothOrder.Training;

/// <summary>The subject of a training: one network, its optimizer, and the recording of its steps.</summary>
public abstract class Learner
{
    private protected Learner(RnnWeights initial) => Initial = initial;

    /// <summary>The initial network.</summary>
    public RnnWeights Initial { get; }

    /// <summary>The learned model with these weights.</summary>
    public abstract LearnedModel Model(RnnWeights weights);

    /// <summary>The optimizer during training.</summary>
    internal abstract IZerothOrderOptimizer Optimizer(RnnWeights weights);

    /// <summary>The optimizer as users run it.</summary>
    internal virtual IZerothOrderOptimizer Result(RnnWeights weights) => Optimizer(weights);

    /// <summary>An empty record for problems of d coordinates.</summary>
    internal abstract Tape CreateTape(int dimension, TrainerOptions options);

    /// <summary>Trains UpdateRNN, gated or the paper's as its shape implies: stage 1 with Σ = I, or on estimates guided by a frozen QueryRNN.</summary>
    /// <param name="initial">The initial UpdateRNN.</param>
    /// <param name="directions">q.</param>
    /// <param name="query">The QueryRNN that guides the estimates; null for Σ = I.</param>
    public static Learner Update(RnnWeights initial, int directions, RnnWeights? query = null) => new UpdateLearner(initial, directions, query);

    /// <summary>Trains QueryRNN, stage 2, with a frozen UpdateRNN: on the paper's objective, or on the quality of the estimate if UpdateRNN is gated.</summary>
    /// <param name="update">The frozen UpdateRNN.</param>
    /// <param name="initial">The initial QueryRNN.</param>
    /// <param name="directions">q.</param>
    /// <param name="sgdStepSize">δ of ZO-SGD, which replaces UpdateRNN; null for UpdateRNN. Requires a gated UpdateRNN.</param>
    /// <exception cref="ArgumentException">A step size is given and UpdateRNN is not gated.</exception>
    public static Learner Query(RnnWeights update, RnnWeights initial, int directions, double? sgdStepSize = null) =>
        new LearnedModel(update, initial).Kind == LearnedKind.Gated ? new QualityLearner(update, initial, directions, sgdStepSize)
            : sgdStepSize is null ? new QueryLearner(update, initial, directions)
            : throw new ArgumentException("By the paper's objective QueryRNN is learned through UpdateRNN, so ZO-SGD cannot step in its place.", nameof(sgdStepSize));

    /// <summary>Trains the network of a <see cref="LearnedProximalOptimizer"/>.</summary>
    /// <param name="initial">The initial network.</param>
    /// <param name="directions">q.</param>
    /// <param name="seesImages">Whether it steers <c>zo-prox</c> and not <c>zo-prox-plain</c>.</param>
    /// <param name="spatial">Its spatial part, which stays as it is; null for none.</param>
    public static Learner Proximal(RnnWeights initial, int directions, bool seesImages = false, SpatialWeights? spatial = null) =>
        new ProximalLearner(initial, directions, seesImages, spatial);
}

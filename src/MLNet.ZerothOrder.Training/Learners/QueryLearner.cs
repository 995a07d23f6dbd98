using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Training;

/// <summary>Stage 2 on the paper's objective: QueryRNN with a frozen UpdateRNN. Σ always comes from QueryRNN.</summary>
internal sealed class QueryLearner(RnnWeights update, RnnWeights initial, int directions) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(update, weights) { Directions = directions };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) =>
        new LearnedOptimizer("query", Model(weights), options: new LearnedOptions { Mix = 1 });

    internal override IZerothOrderOptimizer Result(RnnWeights weights) => new LearnedOptimizer("query", Model(weights));

    internal override Tape CreateTape(int dimension, TrainerOptions options) =>
        new QueryTape(update, Initial, dimension, options.Unroll, (float)options.Regularization);

    /// <summary>u = σ ⊙ z with constant slopes, so ∂ĝ_j/∂σ_j = ĝ_j/σ_j, followed by the frozen UpdateRNN.</summary>
    private sealed class QueryTape(RnnWeights update, RnnWeights query, int dimension, int truncation, float regularization)
        : DeviationTape(update, query, dimension, truncation, regularization, normalized: false)
    {
        private readonly RnnWeights _update = update;
        private readonly float[] _estimates = new float[truncation * dimension];
        private readonly float[] _slopes = new float[truncation * dimension];
        private readonly float[] _updateStart = new float[update.StateLength(dimension)];
        private readonly float[] _estimateGradient = new float[truncation * dimension];
        private float _unit;

        public override void Begin(ReadOnlySpan<float> state)
        {
            state[..UpdateState].CopyTo(_updateStart);
            base.Begin(state);
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            int length = Steps * Dimension;
            UpdateLearner.SumOfLater(lossGradient, Dimension, _unit);
            Span<float> onDeviations = _estimateGradient.AsSpan(0, length);

            // UpdateRNN is frozen: only the gradient of its inputs is used.
            float[] unwanted = new float[_update.Values.Length];
            backend.Backward(_update, Steps, _estimates.AsSpan(0, length), _updateStart, lossGradient, onDeviations, unwanted);
            TensorPrimitives.Multiply(onDeviations, _slopes.AsSpan(0, length), onDeviations);
            Backward(backend, weights, onDeviations, gradient);
        }

        protected override void Record(
            LearnedOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> deviation, Span<float> state)
        {
            LearnedOptimizer.Split(state, Dimension, out _, out Span<float> gradient, out _, out _);
            Span<float> slopes = _slopes.AsSpan(Steps * Dimension, Dimension);
            gradient.CopyTo(_estimates.AsSpan(Steps * Dimension));
            for (int i = 0; i < slopes.Length; i++)
            {
                slopes[i] = deviation[i] > 0 ? gradient[i] / deviation[i] : 0;
            }

            _unit = state[^1];
        }
    }
}

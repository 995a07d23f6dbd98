namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Stage 2 on the quality of the estimate: QueryRNN with a frozen gated UpdateRNN, or with ZO-SGD, and the sampling that users run. Every
/// step whose directions come from QueryRNN adds <see cref="EstimateQuality.Loss"/> at its iterate. Nothing is backpropagated through the steps.
/// </summary>
internal sealed class QualityLearner(RnnWeights update, RnnWeights initial, int directions, double? sgdStepSize) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(update, weights) { Directions = directions };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) =>
        new LearnedOptimizer("query", Model(weights), options: new LearnedOptions { SgdStepSize = sgdStepSize });

    internal override Tape CreateTape(int dimension, TrainerOptions options) =>
        new QualityTape(update, Initial, dimension, options.Unroll, options.Regularization / dimension);

    private sealed class QualityTape(RnnWeights update, RnnWeights query, int dimension, int truncation, double regularization)
        : DeviationTape(update, query, dimension, truncation, regularization, normalized: true)
    {
        private readonly float[] _first = new float[dimension];
        private readonly float[] _second = new float[dimension];
        private readonly float[] _onDeviations = new float[truncation * dimension];

        public override bool WantsHalves => true;

        public override void Measured(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
        {
            first.CopyTo(_first);
            second.CopyTo(_second);
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient) =>
            Backward(backend, weights, _onDeviations.AsSpan(0, Steps * Dimension), gradient);

        protected override void Record(
            LearnedOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> deviation, Span<float> state)
        {
            Span<float> onDeviation = _onDeviations.AsSpan(Steps * Dimension, Dimension);
            if (!optimizer.SamplesLearned(step))
            {
                onDeviation.Clear();
                return;
            }

            var slopes = new double[answers.Length - 1];
            for (int i = 0; i < slopes.Length; i++)
            {
                slopes[i] = (answers[i + 1].Loss - answers[0].Loss) / step.Smoothing;
            }

            (double squares, double fourths) = EstimateQuality.Measure(directions, slopes);
            EstimateQuality.Gradient(deviation, _first, _second, squares, fourths, slopes.Length, onDeviation);
        }
    }
}

namespace MLNet.ZerothOrder.Training;

/// <summary>Stage 1: UpdateRNN with Σ = I.</summary>
internal sealed class UpdateLearner(RnnWeights initial, int directions) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(weights) { Directions = directions };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) => new LearnedOptimizer("update", Model(weights));

    internal override Tape CreateTape(int dimension, TrainerOptions options) => new UpdateTape(dimension, Initial.Hidden, options.Unroll);

    /// <summary>∂L/∂output_t = ρ Σ_{s ≥ t} ∂L/∂θ_s: every later iterate of the truncation has moved along; the networks' inputs are constants.</summary>
    private sealed class UpdateTape(int dimension, int hidden, int truncation) : Tape
    {
        private readonly float[] _inputs = new float[truncation * dimension];
        private readonly float[] _start = new float[RnnKernel.StateLength(hidden, dimension)];
        private float _unit;
        private int _steps;

        public override void Begin(ReadOnlySpan<float> state)
        {
            state[.._start.Length].CopyTo(_start);
            _steps = 0;
        }

        public override void Tell(
            IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
        {
            optimizer.Tell(step, directions, answers, theta, state);
            LearnedOptimizer.Split(state, dimension, out _, out Span<float> gradient, out _, out _);
            gradient.CopyTo(_inputs.AsSpan(_steps++ * dimension));
            _unit = state[^1];
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            SumOfLater(lossGradient, dimension, _unit);
            backend.Backward(weights, _steps, _inputs.AsSpan(0, _steps * dimension), _start, lossGradient, default, gradient);
        }
    }

    /// <summary>Replaces each row by the sum of itself and all later ones, times a factor.</summary>
    internal static void SumOfLater(Span<float> rows, int dimension, float factor)
    {
        for (int start = rows.Length - (2 * dimension); start >= 0; start -= dimension)
        {
            Span<float> row = rows.Slice(start, dimension);
            System.Numerics.Tensors.TensorPrimitives.Add(row, rows.Slice(start + dimension, dimension), row);
        }

        System.Numerics.Tensors.TensorPrimitives.Multiply(rows, factor, rows);
    }
}

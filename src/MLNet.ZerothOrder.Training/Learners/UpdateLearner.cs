using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Training;

/// <summary>Trains UpdateRNN: with Σ = I, or on estimates guided by a frozen QueryRNN.</summary>
internal sealed class UpdateLearner(RnnWeights initial, int directions, RnnWeights? query = null) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(weights, query) { Directions = directions };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) => new LearnedOptimizer("update", Model(weights));

    internal override Tape CreateTape(int dimension, TrainerOptions options) => new UpdateTape(Model(Initial).Kind, dimension, Initial, options.Unroll);

    /// <summary>∂L/∂output_t = ρ Σ_{s ≥ t} ∂L/∂θ_s: a change of θ_t moves every later iterate of the truncation. The networks' inputs are constants.</summary>
    private sealed class UpdateTape(LearnedKind kind, int dimension, RnnWeights initial, int truncation) : Tape
    {
        private readonly int _inputs = initial.Inputs * dimension;
        private readonly int _outputs = initial.Outputs * dimension;
        private readonly float[] _seen = new float[truncation * initial.Inputs * dimension];
        private readonly float[] _start = new float[initial.StateLength(dimension)];
        private readonly float[] _theta = new float[dimension];
        private readonly float[] _outputGradient = new float[kind == LearnedKind.Gated ? truncation * initial.Outputs * dimension : 0];
        private readonly float[] _state = new float[kind == LearnedKind.Gated ? initial.StateLength(dimension) : 0];
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
            theta.CopyTo(_theta);
            optimizer.Tell(step, directions, answers, theta, state);
            LearnedOptimizer.Split(state, dimension, out _, out Span<float> gradient, out _, out _);
            _unit = state[^1];
            Span<float> seen = _seen.AsSpan(_steps++ * _inputs, _inputs);
            if (kind == LearnedKind.Gated)
            {
                GatedStep.WriteFeatures(step, gradient, _theta, root: state[^2], largest: state[^3], _unit, answers.Length - 1, seen);
            }
            else
            {
                gradient.CopyTo(seen);
            }
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            SumOfLater(lossGradient, dimension, _unit);
            backend.Backward(
                weights, _steps, _seen.AsSpan(0, _steps * _inputs), _start, kind == LearnedKind.Gated ? ToOutputs(weights, lossGradient) : lossGradient, default, gradient);
        }

        // Converts the errors on the steps to errors on the outputs behind the gates, which are recomputed.
        private Span<float> ToOutputs(RnnWeights weights, ReadOnlySpan<float> error)
        {
            _start.CopyTo(_state, 0);
            float[] outputs = new float[_outputs];
            var network = new ManagedRnn(weights);
            for (int t = 0; t < _steps; t++)
            {
                ReadOnlySpan<float> seen = _seen.AsSpan(t * _inputs, _inputs);
                network.Run(seen, _state, outputs);
                GatedStep.Backward(seen, outputs, error.Slice(t * dimension, dimension), _outputGradient.AsSpan(t * _outputs, _outputs));
            }

            return _outputGradient.AsSpan(0, _steps * _outputs);
        }
    }

    /// <summary>Replaces each row by the sum of itself and all later ones, times a factor.</summary>
    internal static void SumOfLater(Span<float> rows, int dimension, float factor)
    {
        for (int start = rows.Length - (2 * dimension); start >= 0; start -= dimension)
        {
            Span<float> row = rows.Slice(start, dimension);
            TensorPrimitives.Add(row, rows.Slice(start + dimension, dimension), row);
        }

        TensorPrimitives.Multiply(rows, factor, rows);
    }
}

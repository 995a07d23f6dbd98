using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>Stage 2: QueryRNN behind a frozen UpdateRNN. Σ is always QueryRNN's.</summary>
internal sealed class QueryLearner(RnnWeights update, RnnWeights initial, int directions) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(update, weights) { Directions = directions };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) =>
        new LearnedOptimizer("query", Model(weights), options: new LearnedOptions { Mix = 1 });

    internal override IZerothOrderOptimizer Result(RnnWeights weights) => new LearnedOptimizer("query", Model(weights));

    internal override Tape CreateTape(int dimension, TrainerOptions options) =>
        new QueryTape(update, Initial, dimension, options.Unroll, (float)options.Regularization);

    /// <summary>
    /// u = σ ⊙ z with the slopes constant, so ∂ĝ_j/∂σ_j = ĝ_j/σ_j; behind it UpdateRNN, frozen, and before it ‖σ‖ = √d, which couples the
    /// coordinates. QueryRNN's own inputs are constants. A truncation of steps s + 1 … s + K needs the deviations of these steps,
    /// which QueryRNN gave at the ends of the steps s … s + K − 1; step 1 samples with σ = 1.
    /// </summary>
    private sealed class QueryTape : Tape
    {
        private readonly RnnWeights _update;
        private readonly int _dimension;
        private readonly float _regularization;
        private readonly float[] _estimates;
        private readonly float[] _slopes;
        private readonly float[] _queryInputs;
        private readonly float[] _updateStart;
        private readonly float[] _queryStart;
        private readonly float[] _queryBefore;
        private readonly float[] _lastInputs;
        private readonly float[] _estimateGradient;
        private readonly float[] _offsets;
        private readonly float[] _state;
        private float _unit;
        private int _steps;
        private int _runs;
        private int _plain;
        private bool _sampled;

        public QueryTape(RnnWeights update, RnnWeights query, int dimension, int truncation, float regularization)
        {
            _update = update;
            _dimension = dimension;
            _regularization = regularization;
            _estimates = new float[truncation * dimension];
            _slopes = new float[truncation * dimension];
            _estimateGradient = new float[truncation * dimension];
            _offsets = new float[truncation * dimension];
            _queryInputs = new float[truncation * 2 * dimension];
            _lastInputs = new float[2 * dimension];
            _updateStart = new float[RnnKernel.StateLength(update.Hidden, dimension)];
            _queryStart = new float[RnnKernel.StateLength(query.Hidden, dimension)];
            _queryBefore = new float[_queryStart.Length];
            _state = new float[_queryStart.Length];
        }

        public override void Begin(ReadOnlySpan<float> state)
        {
            state[.._updateStart.Length].CopyTo(_updateStart);
            _steps = 0;
            _runs = 0;

            // The problem's first step has no run of its own.
            _plain = _sampled ? 0 : 1;

            // The run that gave the coming step's deviation belongs to this truncation.
            if (_sampled)
            {
                _queryBefore.CopyTo(_queryStart, 0);
                _lastInputs.CopyTo(_queryInputs, 0);
                _runs = 1;
            }
        }

        public override void Tell(
            IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
        {
            int d = _dimension;
            LearnedOptimizer.Split(state, d, out Span<float> networks, out Span<float> gradient, out Span<float> update, out Span<float> deviation);
            Span<float> slopes = _slopes.AsSpan(_steps * d, d);
            deviation.CopyTo(slopes);
            if (!_sampled)
            {
                slopes.Fill(1);
            }

            networks[_updateStart.Length..].CopyTo(_queryBefore);
            optimizer.Tell(step, directions, answers, theta, state);
            gradient.CopyTo(_estimates.AsSpan(_steps * d));
            for (int i = 0; i < d; i++)
            {
                slopes[i] = slopes[i] > 0 ? gradient[i] / slopes[i] : 0;
            }

            gradient.CopyTo(_lastInputs);
            update.CopyTo(_lastInputs.AsSpan(d));
            _unit = state[^1];
            _steps++;
            if (!_sampled)
            {
                _queryBefore.CopyTo(_queryStart, 0);
                _sampled = true;
            }

            // What the last run gives, the next truncation uses.
            if (_steps * d < _estimates.Length)
            {
                _lastInputs.CopyTo(_queryInputs, _runs * 2 * d);
                _runs++;
            }
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            int d = _dimension;
            UpdateLearner.SumOfLater(lossGradient, d, _unit);
            Span<float> estimateGradient = _estimateGradient.AsSpan(0, _steps * d);

            // UpdateRNN is frozen: only what flows to its inputs is wanted.
            float[] unwanted = new float[_update.Values.Length];
            backend.Backward(_update, _steps, _estimates.AsSpan(0, _steps * d), _updateStart, lossGradient, estimateGradient, unwanted);

            // The last run of a truncation that the horizon cut short gave no step its deviation.
            int runs = _steps - _plain;
            _queryStart.CopyTo(_state, 0);
            Span<float> offsets = _offsets.AsSpan(0, runs * d);
            for (int run = 0; run < runs; run++)
            {
                Span<float> offset = offsets.Slice(run * d, d);
                WidestLanes.Run(new RnnKernel(weights.Packed, _queryInputs.AsSpan(run * 2 * d, 2 * d), 1, _state, offset));
                Span<float> onEstimate = estimateGradient.Slice((_plain + run) * d, d);
                TensorPrimitives.Multiply(onEstimate, _slopes.AsSpan((_plain + run) * d, d), onEstimate);
                ToOffset(onEstimate, offset);
            }

            backend.Backward(weights, runs, _queryInputs.AsSpan(0, runs * 2 * d), _queryStart, offsets, default, gradient);
        }

        // σ = k |a| with a = 1 + o and k = √(d / Σa²): from ∂L/∂σ and o to ∂L/∂o, in o's place, with λ's share 2λo.
        private void ToOffset(ReadOnlySpan<float> onDeviation, Span<float> offset)
        {
            double squares = 0;
            double along = 0;
            for (int i = 0; i < offset.Length; i++)
            {
                double a = 1 + (double)offset[i];
                squares += a * a;
                along += onDeviation[i] * Math.Abs(a);
            }

            double k = squares > 0 ? Math.Sqrt(offset.Length / squares) : 0;
            double pull = squares > 0 ? k * along / squares : 0;
            for (int i = 0; i < offset.Length; i++)
            {
                double a = 1 + (double)offset[i];
                offset[i] = (float)((k * Math.Sign(a) * onDeviation[i]) - (pull * a) + (2 * _regularization * offset[i]));
            }
        }
    }
}

namespace MLNet.ZerothOrder.Training;

/// <summary>Trains the network of a <see cref="LearnedProximalOptimizer"/>.</summary>
internal sealed class ProximalLearner(RnnWeights initial, int directions, bool seesImages, SpatialWeights? spatial) : Learner(initial)
{
    public override LearnedModel Model(RnnWeights weights) => new(weights) { Directions = directions, SeesImages = seesImages, Spatial = spatial };

    internal override IZerothOrderOptimizer Optimizer(RnnWeights weights) =>
        new LearnedProximalOptimizer("proximal", Model(weights));

    internal override Tape CreateTape(int dimension, TrainerOptions options) => new ProximalTape(dimension, Initial, options.Unroll);

    /// <summary>
    /// Backpropagation through x(λ) = box(soft(θ − ηλD, ηc)), the step of the ℓ1 norm, which also approximates those of the other norms. If a coordinate is neither at x0 nor at a face, ∂x/∂D = −ηλ, ∂x/∂ln η = x − θ,
    /// ∂x/∂θ = 1 and ∂x/∂λ = −ηD; otherwise all are 0. If 0 &lt; λ &lt; 1, λ solves m + D·(x − θ) = 0, so an error e on x acts as e − νD with
    /// ν = Σ eηD / Σ ηD² over the coordinates that move: the part that all of them share is removed, the distribution among them remains. Since
    /// m at θ changes with ∇m, an error on θ is e − νD − ν(∇m − D): the next step's λ compensates a step that made m smaller.
    /// </summary>
    private sealed class ProximalTape(int dimension, RnnWeights initial, int truncation) : Tape
    {
        private readonly ProximalRecord[] _records = [.. Enumerable.Range(0, truncation).Select(_ => new ProximalRecord(dimension))];
        private readonly float[] _start = new float[initial.StateLength(dimension)];
        private readonly float[] _features = new float[truncation * LearnedProximalOptimizer.NetworkInputs * dimension];
        private readonly float[] _outputGradient = new float[truncation * LearnedProximalOptimizer.NetworkOutputs * dimension];
        private KnownTerm? _known;
        private int _steps;

        public override void Begin(ReadOnlySpan<float> state)
        {
            state[.._start.Length].CopyTo(_start);
            _steps = 0;
        }

        public override void Tell(
            IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
        {
            _known = step.Objective.Known;
            ((LearnedProximalOptimizer)optimizer).Tell(step, directions, answers, theta, state, _records[_steps++]);
        }

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            int d = dimension;
            int features = LearnedProximalOptimizer.NetworkInputs * d;
            int outputs = LearnedProximalOptimizer.NetworkOutputs * d;
            var error = new float[d];
            int runs = _records.Take(_steps).Count(record => record.Moves);
            int run = runs;
            for (int t = _steps - 1; t >= 0; t--)
            {
                System.Numerics.Tensors.TensorPrimitives.Add(error, lossGradient.Slice(t * d, d), error);

                // If θ stayed, the network did not run.
                if (_records[t].Moves)
                {
                    run--;
                    _records[t].Features.CopyTo(_features, run * features);
                    Back(_records[t], error, t > 0 ? queriedGradient.Slice((t - 1) * d, d) : default, _outputGradient.AsSpan(run * outputs, outputs));
                }
            }

            backend.Backward(weights, runs, _features.AsSpan(0, runs * features), _start, _outputGradient.AsSpan(0, runs * outputs), default, gradient);
        }

        // Converts the error on x to the error on θ, in place, and to the error on the network's outputs.
        private void Back(ProximalRecord record, Span<float> error, ReadOnlySpan<float> queriedGradient, Span<float> outputGradient)
        {
            int d = error.Length;
            float lambda = record.Lambda;
            ReadOnlySpan<float> center = _known is null ? default : _known.Center.Span;
            ReadOnlySpan<float> lower = _known is null ? default : _known.Lower.Span;
            ReadOnlySpan<float> upper = _known is null ? default : _known.Upper.Span;
            bool isSolved = lambda is > 0 and < 1;
            double along = 0;
            double squares = 0;
            for (int i = 0; isSolved && i < d; i++)
            {
                if (Moves(record, i, center, lower, upper))
                {
                    double push = (double)record.Rate[i] * record.Direction[i];
                    along += error[i] * push;
                    squares += push * record.Direction[i];
                }
            }

            double nu = squares > 0 ? along / squares : 0;
            for (int i = 0; i < d; i++)
            {
                bool moves = Moves(record, i, center, lower, upper);
                float direction = record.Direction[i];
                float change = record.After[i] - record.Before[i];
                double felt = moves ? error[i] - (nu * direction) : 0;
                double onDirection = (-felt * record.Rate[i] * lambda) - (nu * change);

                // D = G e^{o₁} + sign(G) r o₂ / 2, where r is a constant. A clamped exponent has the derivative 0.
                float memory = record.Memory[i];
                double gained = direction - (Math.CopySign(0.5, memory) * record.MemoryRms * record.Outputs[d + i]);
                outputGradient[i] = Held(record.Outputs[i]) ? 0 : (float)(onDirection * gained);
                outputGradient[d + i] = (float)(onDirection * Math.CopySign(0.5, memory) * record.MemoryRms);
                outputGradient[(2 * d) + i] = Held(record.Outputs[(2 * d) + i]) ? 0 : (float)(felt * change);
                error[i] = (float)(queriedGradient.IsEmpty ? felt : felt - (nu * (queriedGradient[i] - direction)));
            }
        }

        private static bool Held(float output) => Math.Abs(output) >= LearnedProximalOptimizer.LargestExponent;

        private static bool Moves(ProximalRecord record, int i, ReadOnlySpan<float> center, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper) =>
            center.IsEmpty
            || (record.After[i] != center[i] && record.After[i] > lower[i] && record.After[i] < upper[i]);
    }
}

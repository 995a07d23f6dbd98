using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// A training run on a bent function whose optimizer puts θ where it is told, and whose tape only keeps the gradients that it is
/// handed: what <see cref="TrainingRun"/> itself makes of the answers.
/// </summary>
internal sealed class TinyRun
{
    private readonly BentObjective _objective;
    private readonly Placing _optimizer;
    private readonly Keeping _tape = new();
    private readonly TrainingRun _run;

    /// <param name="objective">What is minimised.</param>
    /// <param name="theta">Where every step leads.</param>
    /// <param name="options">Of the training; truncations of one step.</param>
    /// <param name="key">Of all random draws.</param>
    public TinyRun(BentObjective objective, float[] theta, TrainerOptions options, RandomKey key)
    {
        _objective = objective;
        _optimizer = new Placing(theta);
        _run = new TrainingRun(new TrainingProblem("p", objective, k => k), _optimizer, key, _tape, options with { Truncation = 1 }, options.Horizon);
        Step();
    }

    /// <summary>Rows asked so far.</summary>
    public int Rows { get; private set; }

    /// <summary>ω_t ∇f(θ_t) of the last step.</summary>
    public float[] LossGradient => _tape.Loss;

    /// <summary>The gradient of the queried part at the last step's θ.</summary>
    public float[] QueriedGradient => _tape.Queried;

    /// <summary>Asks and answers one step more, and takes the gradient of the step before.</summary>
    public TinyRun Step()
    {
        _run.Ask();
        Rows += _run.Rows;
        float[] point = new float[_objective.Dimension], input = new float[_objective.Dimension];
        for (int row = 0; row < _run.Rows; row++)
        {
            _run.WriteRow(row, point, input);
            _run.Answer(row, input, default);
        }

        _run.TakeGradient();
        if (_run.Step > 1)
        {
            _run.Backward(new ManagedBackend(), new RnnWeights(1, 1, false, new float[RnnWeights.Count(1, 1, false)]));
        }

        _run.Tell(_optimizer);
        return this;
    }

    private sealed class Placing(float[] place) : IZerothOrderOptimizer
    {
        public string Name => "placing";

        public int Directions => 2;

        public float? Smoothing => null;

        public int StateLength(int dimension) => 0;

        public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) =>
            Models.Normals(step.Key, directions.Length).CopyTo(directions);

        public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
            place.CopyTo(theta);
    }

    private sealed class Keeping : Tape
    {
        public float[] Loss { get; private set; } = [];

        public float[] Queried { get; private set; } = [];

        public override void Begin(ReadOnlySpan<float> state)
        {
        }

        public override void Tell(
            IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
            optimizer.Tell(step, directions, answers, theta, state);

        public override void Backward(ITrainingBackend backend, RnnWeights weights, Span<float> lossGradient, ReadOnlySpan<float> queriedGradient, Span<float> gradient)
        {
            Loss = lossGradient.ToArray();
            Queried = queriedGradient.ToArray();
        }
    }
}

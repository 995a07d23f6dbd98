using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// A run of UpdateRNN and QueryRNN on a bent function in truncations, recorded by the learner's own tape and, apart from it, by
/// this class: all that <see cref="PaperSurrogate"/> needs.
/// </summary>
internal sealed class PaperRun
{
    public const int Directions = 4;
    private const float Smoothing = 1e-2f;

    private readonly List<(Truncation Truncation, float[] Gradient)> _truncations = [];

    /// <param name="learner">What is learned.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="dimension">d.</param>
    /// <param name="horizon">Steps in all.</param>
    /// <param name="truncation">Steps of a truncation.</param>
    /// <param name="regularization">λ.</param>
    public PaperRun(Learner learner, RnnWeights weights, int dimension, int horizon, int truncation, double regularization = 0)
    {
        var objective = new BentObjective(dimension);
        var optimizer = (LearnedOptimizer)learner.Optimizer(weights);
        Tape tape = learner.CreateTape(dimension, new TrainerOptions { Truncation = truncation, Regularization = regularization });
        float[] theta = Models.Normals(RandomKey.FromSeed(3), dimension, 0.2f);
        var state = new float[optimizer.StateLength(dimension)];
        var directions = new float[Directions * dimension];
        var steps = new List<PaperStep>();
        PaperStep? last = null;
        for (int number = 1; number <= horizon; number++)
        {
            if (steps.Count == 0)
            {
                tape.Begin(state);
            }

            var step = new OptimizerStep(RandomKey.FromSeed(4).Derive((ulong)number), number, horizon, Smoothing, objective);
            optimizer.Ask(step, theta, state, directions);
            Evaluation[] answers = objective.Answer(theta, directions, Smoothing);
            float[] before = [.. state], from = [.. theta];
            (float[] First, float[] Second) measured = ([], []);
            if (tape.WantsHalves)
            {
                // Any two estimates will do.
                measured = (Models.Normals(step.Key.Derive(1), dimension), Models.Normals(step.Key.Derive(2), dimension));
                tape.Measured(measured.First, measured.Second);
            }

            tape.Tell(optimizer, step, directions, answers, theta, state);
            last = new PaperStep(
                number, before, [.. state], Models.Normals(step.Key, directions.Length), [.. directions], [.. answers.Skip(1).Select(a => (a.Loss - answers[0].Loss) / Smoothing)], from, [.. theta])
            {
                Previous = last,
                Measured = measured,
            };
            steps.Add(last);
            if (steps.Count == truncation || number == horizon)
            {
                // Any errors on the iterates will do.
                float[] errors = Models.Normals(RandomKey.FromSeed(number), steps.Count * dimension);
                var gradient = new float[weights.Values.Length];
                tape.Backward(new ManagedBackend(), weights, [.. errors], default, gradient);
                _truncations.Add((new Truncation([.. steps], errors), gradient));
                steps.Clear();
            }
        }
    }

    /// <summary>The truncations and the gradients that the tape gave for them.</summary>
    public IReadOnlyList<(Truncation Truncation, float[] Gradient)> Truncations => _truncations;

    /// <param name="Steps">The steps in their order.</param>
    /// <param name="Errors">∂L/∂θ_t of each step, T × d.</param>
    public sealed record Truncation(PaperStep[] Steps, float[] Errors);
}

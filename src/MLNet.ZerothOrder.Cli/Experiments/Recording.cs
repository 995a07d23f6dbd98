using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>One image's attack, watched step by step.</summary>
/// <param name="Thetas">θ after each step.</param>
/// <param name="Estimates">The step's gradient estimate.</param>
/// <param name="Deviations">The deviation that QueryRNN gives for the next step; empty where the optimizer has none.</param>
/// <param name="Problem">The attack itself.</param>
internal sealed record Recording(IReadOnlyList<float[]> Thetas, IReadOnlyList<float[]> Estimates, IReadOnlyList<float[]> Deviations, Problem Problem)
{
    /// <summary>The iteration from which the loss has come within a twentieth of the way to its end.</summary>
    public int Converged
    {
        get
        {
            IReadOnlyList<double> trace = Problem.Trace;
            double near = trace[^1] + (0.05 * Math.Abs(trace[0] - trace[^1]));
            return Math.Max(1, Enumerable.Range(0, trace.Count).First(t => trace[t] <= near));
        }
    }

    /// <summary>Attacks one image as <c>zo attack</c> does, trial 0.</summary>
    public static Recording Of(Lab lab, AttackTask task, ImageSet images, int image, string typed)
    {
        using NamedOptimizer choice = lab.Optimizer(task, typed);
        var objective = new AttackObjective(images.Image(image), images.Label(image), task.Oracle.ScoreLength, task.Loss);
        var estimator = new GradientEstimator(new GaussianSampler());
        var thetas = new List<float[]>();
        var estimates = new List<float[]>();
        var deviations = new List<float[]>();
        bool learned = choice.Optimizer is LearnedOptimizer;
        var observed = new ObservedOptimizer(
            choice.Optimizer,
            (in OptimizerStep step, ReadOnlySpan<float> before, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> after, ReadOnlySpan<float> state) =>
            {
                thetas.Add(after.ToArray());
                var estimate = new float[before.Length];
                estimator.Combine(directions, answers, step.Smoothing, estimate);
                estimates.Add(estimate);
                if (learned)
                {
                    LearnedOptimizer.Split(state.ToArray(), before.Length, out _, out _, out _, out Span<float> deviation);
                    deviations.Add(deviation.ToArray());
                }
            });
        var attack = new BlackBoxAttack(task.Oracle, choice.Optimizer, lab.AttackOptions(task, choice.Optimizer));
        var problem = new Problem(
            $"image {images.ImageName(image)}", objective, observed, (float)Lab.Smoothing(choice.Optimizer),
            attack.ProblemKey(images.Image(image).Span, images.Label(image), 0), new RunLimits { Iterations = task.Iterations });
        lab.Run(task.Oracle, [problem], $"{choice.Name.Short}, image {images.ImageName(image)}");
        return new Recording(thetas, estimates, deviations, problem);
    }
}

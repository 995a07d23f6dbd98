using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The first steps of a proximal step's network on a bent function, with exact answers and gradients; L is the sum of the iterates' losses.</summary>
/// <param name="objective">What is minimised.</param>
/// <param name="steps">T.</param>
/// <param name="reach">θ_0 ~ reach · N(0, I).</param>
internal sealed class ProximalTapeRun(BentObjective objective, int steps, float reach)
{
    private const int Directions = 10;
    private const float Smoothing = 1e-3f;

    /// <summary>λ of each step.</summary>
    public float[] Lambdas { get; private set; } = [];

    /// <summary>L.</summary>
    public double Loss(RnnWeights weights) => Run(weights, null);

    /// <summary>The tape's ∂L/∂weights.</summary>
    public double[] Gradient(RnnWeights weights)
    {
        var gradient = new float[weights.Values.Length];
        Run(weights, gradient);
        return [.. gradient.Select(g => (double)g)];
    }

    /// <summary>Central differences of L, the true loss.</summary>
    public double[] Differences(RnnWeights weights)
    {
        const float Nudge = 1e-3f;
        float[] values = [.. weights.Values];
        return [.. values.Select((value, w) =>
        {
            values[w] = value + Nudge;
            double up = Loss(weights.With(values));
            values[w] = value - Nudge;
            double down = Loss(weights.With(values));
            values[w] = value;
            return (up - down) / ((value + Nudge) - (double)(value - Nudge));
        })];
    }

    private double Run(RnnWeights weights, float[]? gradient)
    {
        int d = objective.Dimension;
        var learner = Learner.Proximal(weights, Directions);
        IZerothOrderOptimizer optimizer = learner.Optimizer(weights);
        Tape tape = learner.CreateTape(d, new TrainerOptions { Truncation = steps });
        float[] theta = Models.Normals(RandomKey.FromSeed(3), d, reach);
        var state = new float[optimizer.StateLength(d)];
        var directions = new float[Directions * d];
        float[] onLoss = new float[steps * d], onQueried = new float[steps * d];
        Lambdas = new float[steps];
        double loss = 0;
        tape.Begin(state);
        for (int t = 0; t < steps; t++)
        {
            var step = new OptimizerStep(RandomKey.FromSeed(4).Derive((ulong)t), t + 1, steps, Smoothing, objective);
            optimizer.Ask(step, theta, state, directions);
            tape.Tell(optimizer, step, directions, objective.Answer(theta, directions, Smoothing), theta, state);
            Lambdas[t] = state[^1];
            objective.Gradient(theta, onQueried.AsSpan(t * d, d));
            OnLoss(theta, onQueried.AsSpan(t * d, d), onLoss.AsSpan(t * d, d));
            loss += objective.Loss(theta);
        }

        if (gradient is not null)
        {
            tape.Backward(new ManagedBackend(), weights, onLoss, onQueried, gradient);
        }

        return loss;
    }

    // ∇f of an objective whose known part, if any, is an ℓ1 norm; θ is in its box.
    private void OnLoss(float[] theta, ReadOnlySpan<float> queried, Span<float> gradient)
    {
        KnownTerm? known = objective.Known;
        bool isAbove = known is null || objective.Queried(theta) > known.Floor;
        for (int i = 0; i < theta.Length; i++)
        {
            gradient[i] = (isAbove ? queried[i] : 0) + (known is null ? 0 : (float)known.Weight * Math.Sign(theta[i] - known.Center.Span[i]));
        }
    }
}

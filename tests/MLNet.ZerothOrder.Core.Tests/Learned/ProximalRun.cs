namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A run of a proximal optimizer, step by step.</summary>
/// <param name="optimizer">What runs.</param>
/// <param name="objective">What is minimised.</param>
/// <param name="seed">Of θ_0 and of all directions.</param>
internal sealed class ProximalRun(IZerothOrderOptimizer optimizer, BentObjective objective, long seed = 1)
{
    public const float UsualSmoothing = 1e-3f;
    public const int Horizon = 20;

    public float Smoothing { get; init; } = UsualSmoothing;

    public float[] Theta { get; init; } = Start(objective, seed);

    public float[] State { get; init; } = new float[optimizer.StateLength(objective.Dimension)];

    public float[] Directions { get; } = new float[optimizer.Directions * objective.Dimension];

    public Evaluation[] Answers { get; set; } = [];

    public int Number { get; set; }

    public OptimizerStep Step => new(RandomKey.FromSeed(seed).Derive((ulong)Number), Number, Horizon, Smoothing, objective);

    /// <summary>G, where it lies in the states of zo-prox and of its learned kin.</summary>
    public float[] Memory => State[^(optimizer is ProximalOptimizer ? objective.Dimension + 1 : (4 * objective.Dimension) + 3)..][..objective.Dimension];

    /// <summary>Asks and answers the next step.</summary>
    public void Ask()
    {
        Number++;
        optimizer.Ask(Step, Theta, State, Directions);
        Answers = objective.Answer(Theta, Directions, Smoothing);
    }

    public void Tell(ProximalRecord? record = null)
    {
        if (record is null)
        {
            optimizer.Tell(Step, Directions, Answers, Theta, State);
        }
        else
        {
            ((LearnedProximalOptimizer)optimizer).Tell(Step, Directions, Answers, Theta, State, record);
        }
    }

    public ProximalRun Go(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Ask();
            Tell();
        }

        return this;
    }

    private static float[] Start(BentObjective objective, long seed)
    {
        var theta = new float[objective.Dimension];
        objective.Initialize(RandomKey.FromSeed(seed).Derive(0), theta);
        return theta;
    }
}

using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// The meta-gradient of a proximal step's network against finite differences of the true loss. After one step that is what it must be:
/// the features are constants. After more it leaves out what the earlier steps change in the later ones' features.
/// </summary>
public sealed class ProximalLearnerTests
{
    private const int Dimension = 40;
    private const int Hidden = 3;

    /// <summary>The regime of λ, the height of the function above its floor, and how far θ_0 lies from 0: beyond the box, with 0.5.</summary>
    public static TheoryData<string, double, float> Regimes => new()
    {
        { "0", -30, 0.1f },
        { "between", 3, 0.1f },
        { "between", 3, 0.5f },
        { "1", 100, 0.1f },
        { "1", 100, 0.5f },
        { "nothing known", 3, 0.1f },
    };

    [Theory]
    [MemberData(nameof(Regimes))]
    public void After_one_step_the_gradient_is_that_of_the_true_loss(string regime, double height, float reach)
    {
        RnnWeights weights = Draw();
        var run = new ProximalTapeRun(Objective(regime, height), 1, reach);
        double[] gradient = run.Gradient(weights);
        MustBeIn(regime, run);

        double[] expected = run.Differences(weights);

        Cosine(gradient, expected).ShouldBeGreaterThan(0.9995);
        Length(gradient).ShouldBe(Length(expected), 0.01 * Length(expected));
    }

    [Theory]
    [InlineData("0", -30, 4)]
    [InlineData("between", 3, 2)]
    [InlineData("between", 3, 4)]
    [InlineData("1", 100, 2)]
    [InlineData("1", 100, 4)]
    [InlineData("nothing known", 3, 4)]
    public void After_several_steps_it_points_the_same_way(string regime, double height, int steps)
    {
        RnnWeights weights = Draw();
        var run = new ProximalTapeRun(Objective(regime, height), steps, 0.1f);
        double[] gradient = run.Gradient(weights);
        MustBeIn(regime, run);

        Cosine(gradient, run.Differences(weights)).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void Steps_in_which_theta_stays_are_as_if_they_had_not_been_made()
    {
        const int Rests = 2, Steps = 3;
        RnnWeights weights = Draw();
        BentObjective objective = Objective("between", 3);
        Learner learner = Learner.Proximal(weights, 5);
        float[] with = Gradient(Rests), without = Gradient(0);

        with.ShouldBe(without);
        with.ShouldContain(g => g != 0);

        float[] Gradient(int recorded)
        {
            IZerothOrderOptimizer optimizer = learner.Optimizer(weights);
            Tape tape = learner.CreateTape(Dimension, new TrainerOptions { Truncation = Rests + Steps });
            float[] theta = Models.Normals(RandomKey.FromSeed(3), Dimension, 0.1f);
            var state = new float[optimizer.StateLength(Dimension)];

            // Something that an earlier truncation left behind.
            tape.Begin(state);
            for (int t = 1; t <= recorded; t++)
            {
                Tell(t, flat: false, [.. theta], [.. state], isRecorded: true);
            }

            tape.Begin(state);
            for (int t = 1; t <= Rests + Steps; t++)
            {
                Tell(t, flat: t <= Rests, theta, state, isRecorded: t > Rests - recorded);
            }

            var gradient = new float[weights.Values.Length];
            int rows = (recorded + Steps) * Dimension;
            float[] errors = Models.Normals(RandomKey.FromSeed(5), (Rests + Steps) * Dimension);
            tape.Backward(new ManagedBackend(), weights, errors.AsSpan(^rows..), errors.AsSpan(^rows..), gradient);
            return gradient;

            void Tell(int number, bool flat, float[] at, float[] memory, bool isRecorded)
            {
                var step = new OptimizerStep(RandomKey.FromSeed(4).Derive((ulong)number), number, 10, 1e-3f, objective);
                var directions = new float[5 * Dimension];
                optimizer.Ask(step, at, memory, directions);
                Evaluation[] answers = objective.Answer(at, directions, 1e-3f);
                if (flat)
                {
                    Array.Fill(answers, answers[0]);
                }

                if (isRecorded)
                {
                    tape.Tell(optimizer, step, directions, answers, at, memory);
                }
                else
                {
                    optimizer.Tell(step, directions, answers, at, memory);
                }
            }
        }
    }

    [Fact]
    public void Held_exponents_have_no_gradient()
    {
        RnnWeights drawn = Draw();
        float[] values = [.. drawn.Values];

        // The biases of o₁ and o₃: far beyond the limit.
        values[^3] = 50;
        values[^1] = -50;
        var run = new ProximalTapeRun(Objective("1", 100), 1, 0.1f);
        RnnWeights weights = drawn.With(values);

        double[] gradient = run.Gradient(weights);

        (gradient[^3], gradient[^1]).ShouldBe((0, 0));
        gradient[^2].ShouldNotBe(0);
    }

    private static RnnWeights Draw() =>
        new(16, Hidden, true, Models.Normals(RandomKey.FromSeed(1), RnnWeights.Count(16, Hidden, true, 3, true), 0.2f), 3, true);

    private static BentObjective Objective(string regime, double height) =>
        new(Dimension, regime == "nothing known" ? null : BentObjective.Term(Dimension), height);

    private static void MustBeIn(string regime, ProximalTapeRun run) => run.Lambdas.ShouldAllBe(
        regime switch { "0" => lambda => lambda == 0, "between" => lambda => lambda > 0 && lambda < 1, _ => lambda => lambda == 1 });

    private static double Cosine(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum() / (Length(x) * Length(y));

    private static double Length(double[] x) => Math.Sqrt(x.Sum(v => v * v));
}

using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class HandDesignedOptimizerTests
{
    private const int Dimension = 11;
    private const float Guard = 12345;

    public static TheoryData<string, EstimateKind> Optimizers
    {
        get
        {
            var data = new TheoryData<string, EstimateKind>();
            foreach (string name in new OptimizerRegistry().Names)
            {
                data.Add(name, EstimateKind.Forward);
                data.Add(name, EstimateKind.Antithetic);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Asks_without_touching_theta_or_state_and_tells_within_the_state_it_declared(string name, EstimateKind estimate)
    {
        IZerothOrderOptimizer optimizer = Create(name, estimate);
        int length = optimizer.StateLength(Dimension);
        var memory = new float[length + 2];
        memory[0] = memory[^1] = Guard;
        Span<float> state = memory.AsSpan(1, length);
        float[] theta = Start(1);
        for (int step = 1; step <= 5; step++)
        {
            float[] thetaBefore = [.. theta];
            float[] stateBefore = state.ToArray();
            var directions = new float[optimizer.Directions * Dimension];
            OptimizerStep where = Step(1, step);
            optimizer.Ask(where, theta, state, directions);
            theta.ShouldBe(thetaBefore);
            state.ToArray().ShouldBe(stateBefore);

            optimizer.Tell(where, directions, Answer(theta, directions), theta, state);
            theta.ShouldNotBe(thetaBefore);
        }

        memory[0].ShouldBe(Guard);
        memory[^1].ShouldBe(Guard);
        length.ShouldBe(name switch { "zo-adam" => 4 * Dimension, "zo-prox" => (2 * Dimension) + 2, "zo-prox-plain" => Dimension + 1, _ => 2 * Dimension });
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Two_problems_taking_turns_on_one_optimizer_go_as_each_alone(string name, EstimateKind estimate)
    {
        IZerothOrderOptimizer shared = Create(name, estimate);
        float[] first = Start(1);
        float[] second = Start(2);
        var firstState = new float[shared.StateLength(Dimension)];
        var secondState = new float[shared.StateLength(Dimension)];
        for (int step = 1; step <= 6; step++)
        {
            Move(shared, first, firstState, 1, step);
            Move(shared, second, secondState, 2, step);
        }

        first.ShouldBe(Alone(1));
        second.ShouldBe(Alone(2));

        float[] Alone(int seed)
        {
            IZerothOrderOptimizer own = Create(name, estimate);
            float[] theta = Start(seed);
            var state = new float[own.StateLength(Dimension)];
            for (int step = 1; step <= 6; step++)
            {
                Move(own, theta, state, seed, step);
            }

            return theta;
        }
    }

    [Theory]
    [InlineData("zo-adam")]
    [InlineData("zo-prox")]
    public void A_copy_of_theta_and_state_is_a_checkpoint(string name)
    {
        IZerothOrderOptimizer optimizer = Create(name, EstimateKind.Forward);
        float[] theta = Start(1);
        var state = new float[optimizer.StateLength(Dimension)];
        Move(optimizer, theta, state, 1, 1);
        Move(optimizer, theta, state, 1, 2);
        float[] thetaCopy = [.. theta];
        float[] stateCopy = [.. state];
        Move(optimizer, theta, state, 1, 3);

        Move(Create(name, EstimateKind.Forward), thetaCopy, stateCopy, 1, 3);

        thetaCopy.ShouldBe(theta);
        stateCopy.ShouldBe(state);
    }

    [Fact]
    public void The_step_size_is_delta_over_d()
    {
        // signSGD moves every coordinate by exactly the step size.
        IZerothOrderOptimizer optimizer = new OptimizerRegistry().Create("zo-signsgd", new OptimizerSettings { StepSize = 4.4 });
        float[] theta = Start(1);
        float[] before = [.. theta];
        Move(optimizer, theta, new float[optimizer.StateLength(Dimension)], 1, 1);
        for (int i = 0; i < Dimension; i++)
        {
            Math.Abs(theta[i] - before[i]).ShouldBe(4.4f / Dimension, 1e-6f);
        }
    }

    private static IZerothOrderOptimizer Create(string name, EstimateKind estimate) =>
        new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 5, StepSize = 0.5, Estimate = estimate });

    private static float[] Start(int seed) => [.. Enumerable.Range(0, Dimension).Select(i => MathF.Cos((seed * 10) + i))];

    private static OptimizerStep Step(int seed, int step) => new(RandomKey.FromSeed(seed).Derive((ulong)step), step, 100, 0.01f, new FunctionObjective(Dimension));

    private static void Move(IZerothOrderOptimizer optimizer, float[] theta, float[] state, int seed, int step)
    {
        var directions = new float[optimizer.Directions * Dimension];
        optimizer.Ask(Step(seed, step), theta, state, directions);
        optimizer.Tell(Step(seed, step), directions, Answer(theta, directions), theta, state);
    }

    private static Evaluation[] Answer(float[] theta, float[] directions)
    {
        var answers = new Evaluation[(directions.Length / Dimension) + 1];
        for (int row = 0; row < answers.Length; row++)
        {
            double loss = 0;
            for (int i = 0; i < Dimension; i++)
            {
                double x = theta[i] + (row == 0 ? 0 : 0.01 * directions[((row - 1) * Dimension) + i]);
                loss += ((i + 1) * x * x) + x;
            }

            answers[row] = new Evaluation(loss, loss, false);
        }

        return answers;
    }
}

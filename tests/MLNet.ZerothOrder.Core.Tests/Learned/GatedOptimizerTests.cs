using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A <see cref="LearnedOptimizer"/> whose UpdateRNN is gated.</summary>
public sealed class GatedOptimizerTests
{
    private const int Dimension = 11;
    private const int Directions = 6;
    private const int Horizon = 20;
    private const float Smoothing = 1e-3f;

    public static TheoryData<string> Ablations => ["full", "no-query", "guided-es", "no-update"];

    [Theory]
    [InlineData(1, true, 5, 6)]
    [InlineData(10, true, 37, 6)]
    [InlineData(10, false, 16, 4)]
    [InlineData(20, true, 784, 6)]
    public void Over_many_steps_the_managed_step_is_the_formulas_to_float_precision(int hidden, bool hasQuery, int dimension, int rows)
    {
        LearnedModel model = Models.DrawGated(hidden, hasQuery, inputs: rows);
        var step = new ManagedStep(model);
        var naive = new NaiveGatedStep(model, dimension);
        var state = new float[step.StateLength(dimension)];
        float[] update = new float[dimension], deviation = new float[dimension];
        step.Inputs.ShouldBe(rows);
        for (int t = 1; t <= 100; t++)
        {
            float[] inputs = Models.Normals(RandomKey.FromSeed(t), rows * dimension);
            float[] applied = t % 3 == 0 ? Models.Normals(RandomKey.FromSeed(-t), dimension) : [];

            step.Run(inputs, applied, 0.5f, state, update, deviation);

            (double[] expected, double[] expectedDeviation) = naive.Run(
                [.. inputs.Chunk(dimension).Select(Wide)], 0.5, applied.Length > 0 ? Wide(applied) : null);
            update.Zip(expected, (a, e) => Math.Abs(a - e) / (1 + Math.Abs(e))).Max().ShouldBeLessThan(1e-5, $"update, step {t}");
            deviation.Zip(expectedDeviation, (a, e) => Math.Abs(a - e)).Max().ShouldBeLessThan(1e-5, $"deviation, step {t}");
        }
    }

    [Theory]
    [InlineData(GatedStep.NetworkInputs, null)]
    [InlineData(GatedStep.OlderInputs, null)]
    [InlineData(GatedStep.OlderInputs, DistortionNorm.L1)]
    [InlineData(GatedStep.NetworkInputs, DistortionNorm.L1)]
    [InlineData(GatedStep.NetworkInputs, DistortionNorm.L2)]
    [InlineData(GatedStep.NetworkInputs, DistortionNorm.LInfinity)]
    public void The_optimizer_feeds_the_documented_numbers_and_applies_the_step_in_units_of_rho(int rows, DistortionNorm? norm)
    {
        const double Weight = 0.7, Kink = 40;
        LearnedModel model = Models.DrawGated(inputs: rows);
        LearnedOptimizer optimizer = Create("full", model);
        KnownTerm? known = norm is { } p ? new KnownTerm(0, Weight, p, new float[Dimension], new float[Dimension], new float[Dimension]) : null;
        OptimizerStep Of(int number) => known is null ? Step(number) : Step(number) with { Objective = new KnownObjective(known) };
        double perCoordinate = norm switch { DistortionNorm.L1 => Weight, DistortionNorm.L2 => Weight / Math.Sqrt(Dimension), _ => Weight / Dimension };
        var naive = new NaiveGatedStep(model, Dimension);
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var directions = new float[Directions * Dimension];
        double average = 0, largest = 0, unit = 0;
        for (int number = 1; number <= Horizon; number++)
        {
            optimizer.Ask(Of(number), theta, state, directions);
            Evaluation[] answers = Answer(theta, directions);
            if (known is not null && number == 1)
            {
                // In the kink of the distortion every direction rises, which the queried part does not.
                answers = [answers[0], .. answers[1..].Select(a => a with { Loss = a.Loss + (Smoothing * Kink) })];
            }

            double[] estimate =
            [
                .. Enumerable.Range(0, Dimension).Select(j => Enumerable.Range(0, Directions)
                    .Average(i => (answers[i + 1].Loss - answers[0].Loss) / Smoothing * directions[(i * Dimension) + j])),
            ];
            double square = estimate.Average(g => g * g), plain = square;
            double spread = 1 + ((Dimension + 1.0) / Directions);
            if (known is not null && number == 1 && rows > GatedStep.OlderInputs)
            {
                square = answers[1..].Average(a => Math.Pow((a.Queried - answers[0].Queried) / Smoothing, 2)) * spread / Dimension;
            }

            if (number == 1)
            {
                unit = Math.Abs(answers[0].Loss) / (Math.Sqrt(square * Dimension / spread) * Math.Sqrt(Dimension));
            }

            average = (0.95 * average) + (0.05 * square);
            double rms = Math.Sqrt(average / (1 - Math.Pow(0.95, number)));
            largest = Math.Max(largest, rms);
            double divisor = number == 1 ? Math.Max(rms, plain / rms) : rms;
            double slope = largest / Math.Sqrt(spread);
            double[] before = Wide(theta);
            double[][] inputs =
            [
                [.. estimate.Select(g => g / divisor)],
                [.. Enumerable.Repeat(Math.Log(rms / largest), Dimension)],
                [.. before.Select(x => 0.3 * x / unit)],
                [.. Enumerable.Repeat((2.0 * number / Horizon) - 1, Dimension)],
                [.. Enumerable.Repeat(Math.Log(Horizon / 200.0) / 2, Dimension)],
                [.. Enumerable.Repeat(known is null ? 0 : perCoordinate / (perCoordinate + slope), Dimension)],
            ];
            (double[] update, double[] deviation) = naive.Run(inputs[..rows]);

            optimizer.Tell(Of(number), directions, answers, theta, state);

            theta.Select((x, i) => Math.Abs(x - before[i] - (unit * update[i])) / unit).Max().ShouldBeLessThan(2e-4, $"step {number}");
            LearnedOptimizer.Split(state, Dimension, out _, out _, out _, out Span<float> learned);
            Wide(learned.ToArray()).Zip(deviation, (a, e) => Math.Abs(a - e)).Max().ShouldBeLessThan(2e-4, $"deviation, step {number}");
        }
    }

    [Fact]
    public void Where_the_distortions_centre_is_known_positions_are_told_from_there()
    {
        float[] centre = Models.Normals(RandomKey.FromSeed(9), Dimension), x = Models.Normals(RandomKey.FromSeed(8), Dimension);
        float[] theta = Start(), moved = [.. theta.Zip(centre, (t, c) => t + c)];
        float[] plain = new float[GatedStep.OlderInputs * Dimension], known = new float[GatedStep.OlderInputs * Dimension];
        var term = new KnownTerm(0, 1, DistortionNorm.L1, centre, new float[Dimension], new float[Dimension]);

        GatedStep.WriteFeatures(Step(3), x, theta, 0.5f, 2, 3, Directions, plain);
        GatedStep.WriteFeatures(Step(3) with { Objective = new KnownObjective(term) }, x, moved, 0.5f, 2, 3, Directions, known);

        plain.Zip(known, (p, k) => Math.Abs(p - k)).Max().ShouldBeLessThan(1e-6f);
        plain[2 * Dimension].ShouldBe(0.1f * theta[0], 1e-6f);
    }

    [Theory]
    [InlineData("full", 1024f, 1f)]
    [InlineData("full", 1f, 64f)]
    [InlineData("no-query", 16f, 1f / 2)]
    [InlineData("guided-es", 1f / 128, 1f / 4096)]
    public void Scaling_the_loss_changes_theta_by_roundings_only_and_scaling_theta_scales_it(string ablation, float a, float b)
    {
        float[] plain = Start(), scaled = [.. Start().Select(x => b * x)];

        Run(Create(ablation), plain, 1, Horizon);
        Run(Create(ablation), scaled, 1, Horizon, a, b);

        scaled.Zip(plain, (s, p) => Math.Abs((s / b) - p)).Max().ShouldBeLessThan(1e-3f * plain.Max(Math.Abs));
        plain.ShouldNotBe(Start());
    }

    [Theory]
    [MemberData(nameof(Ablations))]
    public void A_run_goes_on_from_a_copy_of_its_state_bit_for_bit(string ablation)
    {
        float[] theta = Start(), state = new float[Create(ablation).StateLength(Dimension)];
        Run(Create(ablation), theta, state, 1, 7);
        float[] copiedTheta = [.. theta], copiedState = [.. state];

        Run(Create(ablation), theta, state, 8, 15);
        Run(Create(ablation), copiedTheta, copiedState, 8, 15);

        copiedTheta.ShouldBe(theta);
        copiedState.ShouldBe(state);
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(7.0, 0.0)]
    [InlineData(0.0, 3.0)]
    public void A_start_of_no_loss_or_no_slope_leaves_the_run_finite(double loss, double slope)
    {
        LearnedOptimizer optimizer = Create("full");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var directions = new float[Directions * Dimension];
        optimizer.Ask(Step(1), theta, state, directions);
        Evaluation[] first = [new(loss, loss, false), .. Enumerable.Repeat(new Evaluation(loss + (Smoothing * slope), loss, false), Directions)];
        optimizer.Tell(Step(1), directions, first, theta, state);
        Run(optimizer, theta, state, 2, 10);

        theta.ShouldAllBe(x => float.IsFinite(x));
        state.ShouldAllBe(x => float.IsFinite(x));
    }

    [Fact]
    public void Without_UpdateRNN_it_is_ZO_SGD()
    {
        LearnedOptimizer optimizer = Create("no-update");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var directions = new float[Directions * Dimension];
        for (int number = 1; number <= 5; number++)
        {
            optimizer.Ask(Step(number), theta, state, directions);
            Evaluation[] answers = Answer(theta, directions);
            float[] before = [.. theta];

            optimizer.Tell(Step(number), directions, answers, theta, state);

            for (int j = 0; j < Dimension; j++)
            {
                double estimate = Enumerable.Range(0, Directions).Average(i => (answers[i + 1].Loss - answers[0].Loss) / Smoothing * directions[(i * Dimension) + j]);
                ((double)theta[j] - before[j]).ShouldBe(-2.0 / Dimension * estimate, 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ablations))]
    public void After_the_first_a_step_allocates_nothing(string ablation)
    {
        LearnedOptimizer optimizer = Create(ablation);
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var directions = new float[Directions * Dimension];
        OptimizerStep[] steps = [.. Enumerable.Range(1, Horizon).Select(number => Step(number))];
        Evaluation[] answers = [.. Enumerable.Range(0, Directions + 1).Select(i => new Evaluation(1 + (0.01 * i), 1, false))];
        long before = 0;
        foreach (OptimizerStep step in steps)
        {
            before = step.Number == 4 ? GC.GetAllocatedBytesForCurrentThread() : before;
            optimizer.Ask(step, theta, state, directions);
            optimizer.Tell(step, directions, answers, theta, state);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_step_of_the_papers_model_is_refused() =>
        Should.Throw<ArgumentException>(() => new LearnedOptimizer("x", Models.DrawGated(), new ManagedStep(Models.Draw()))).Message.ShouldContain("1 rows of inputs, but the model's UpdateRNN has 6");

    private static LearnedOptimizer Create(string ablation, LearnedModel? model = null) => new(
        "zo-lstm",
        model ?? Models.DrawGated(),
        options: ablation switch
        {
            "no-query" => new LearnedOptions { Sampling = LearnedSampling.Gaussian },
            "guided-es" => new LearnedOptions { Sampling = LearnedSampling.Guided },
            "no-update" => new LearnedOptions { SgdStepSize = 2, Mix = 1 },
            _ => new LearnedOptions { Mix = 1 },
        });

    private static void Run(LearnedOptimizer optimizer, float[] theta, int from, int to, float f = 1, float unit = 1) =>
        Run(optimizer, theta, new float[optimizer.StateLength(Dimension)], from, to, f, unit);

    private static void Run(LearnedOptimizer optimizer, float[] theta, float[] state, int from, int to, float f = 1, float unit = 1)
    {
        var directions = new float[optimizer.Directions * Dimension];
        for (int number = from; number <= to; number++)
        {
            optimizer.Ask(Step(number, unit), theta, state, directions);
            optimizer.Tell(Step(number, unit), directions, Answer(theta, directions, f, unit), theta, state);
        }
    }

    private static OptimizerStep Step(int number, float unit = 1) =>
        new(RandomKey.FromSeed(7).Derive((ulong)number), number, Horizon, unit * Smoothing, new FunctionObjective(Dimension));

    private static float[] Start() => Models.Normals(RandomKey.FromSeed(3), Dimension);

    private static double[] Wide(float[] values) => [.. values.Select(v => (double)v)];

    // f · (a bowl of θ/unit), everywhere steep enough for differences.
    private static Evaluation[] Answer(float[] theta, float[] directions, double f = 1, double unit = 1)
    {
        double Value(Func<int, double> at) => f * (1 + Enumerable.Range(0, Dimension).Sum(j => (j + 1) * Math.Pow(at(j) / unit, 2)));
        return
        [
            .. Enumerable.Range(0, (directions.Length / Dimension) + 1).Select(row => Value(
                j => theta[j] + (row == 0 ? 0 : unit * Smoothing * directions[((row - 1) * Dimension) + j]))).Select(loss => new Evaluation(loss, loss, false)),
        ];
    }

    private sealed class KnownObjective(KnownTerm known) : IObjective
    {
        public int Dimension => GatedOptimizerTests.Dimension;

        public int InputLength => GatedOptimizerTests.Dimension;

        public KnownTerm Known => known;

        public void Initialize(RandomKey key, Span<float> theta) => theta.Clear();

        public void Decode(ReadOnlySpan<float> theta, Span<float> input) => theta.CopyTo(input);

        public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => default;
    }
}

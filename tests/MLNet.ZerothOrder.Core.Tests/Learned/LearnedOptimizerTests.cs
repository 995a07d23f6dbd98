using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class LearnedOptimizerTests
{
    private const int Dimension = 11;
    private const int Directions = 6;
    private const float Smoothing = 1e-3f;
    private const float Guard = 12345;

    private static readonly LearnedOptions NoQuery = new() { Sampling = LearnedSampling.Gaussian };
    private static readonly LearnedOptions GuidedEs = new() { Sampling = LearnedSampling.Guided };
    private static readonly LearnedOptions NoUpdate = new() { SgdStepSize = 2, Mix = 1 };

    public static TheoryData<string> Ablations => ["full", "no-query", "guided-es", "no-update"];

    [Theory]
    [MemberData(nameof(Ablations))]
    public void Asks_without_touching_theta_or_state_and_tells_within_the_state_it_declared(string ablation)
    {
        LearnedOptimizer optimizer = Create(ablation);
        int length = optimizer.StateLength(Dimension);
        var memory = new float[length + 2];
        memory[0] = memory[^1] = Guard;
        Span<float> state = memory.AsSpan(1, length);
        float[] theta = Start();
        for (int number = 1; number <= 5; number++)
        {
            float[] thetaBefore = [.. theta];
            float[] stateBefore = state.ToArray();
            var directions = new float[Directions * Dimension];
            optimizer.Ask(Step(number), theta, state, directions);
            theta.ShouldBe(thetaBefore);
            state.ToArray().ShouldBe(stateBefore);

            optimizer.Tell(Step(number), directions, Answer(theta, directions), theta, state);
            theta.ShouldNotBe(thetaBefore);
        }

        memory[0].ShouldBe(Guard);
        memory[^1].ShouldBe(Guard);
    }

    [Theory]
    [MemberData(nameof(Ablations))]
    public void A_run_goes_on_from_a_copy_of_its_state_bit_for_bit(string ablation)
    {
        float[] theta = Start();
        float[] state = new float[Create(ablation).StateLength(Dimension)];
        Run(Create(ablation), theta, state, 1, 7);
        float[] copiedTheta = [.. theta], copiedState = [.. state];

        Run(Create(ablation), theta, state, 8, 15);
        Run(Create(ablation), copiedTheta, copiedState, 8, 15);

        copiedTheta.ShouldBe(theta);
        copiedState.ShouldBe(state);
    }

    [Fact]
    public void The_first_step_samples_plainly_and_later_ones_by_the_deviation_of_the_step_before()
    {
        LearnedOptimizer optimizer = Create("full", new LearnedOptions { Mix = 1 });
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        float[] deviation = Ones();
        var naive = new NaiveStep(Models.Draw(), Dimension);
        var scales = new NaiveScales();
        for (int number = 1; number <= 20; number++)
        {
            var directions = new float[Directions * Dimension];
            optimizer.Ask(Step(number), theta, state, directions);
            Close(directions, [.. Normals(number).Select((z, i) => z * deviation[i % Dimension])]);

            Evaluation[] answers = Answer(theta, directions);
            float[] before = [.. theta];
            optimizer.Tell(Step(number), directions, answers, theta, state);

            float[] gradient = scales.Normalise(Estimate(directions, answers), answers);
            (double[] update, double[] next) = naive.Run(gradient, scales.Unit / scales.Seen);
            float[] moved = [.. update.Select(u => (float)(scales.Seen * u))];
            scales.Moved(moved);
            Close(theta, [.. before.Zip(moved, (x, m) => x + m)]);
            deviation = [.. next.Select(s => (float)s)];
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(1)]
    public void All_directions_of_a_step_share_one_draw_which_takes_the_deviation_as_often_as_the_mix_says(double mix)
    {
        const int Steps = 2000;
        LearnedOptimizer optimizer = Create("full", new LearnedOptions { Mix = mix });
        var state = new float[optimizer.StateLength(Dimension)];
        float[] deviation = [.. Enumerable.Range(1, Dimension).Select(i => 1 + (0.1f * i))];
        LearnedOptimizer.Split(state, Dimension, out _, out _, out _, out Span<float> sampled);
        deviation.CopyTo(sampled);
        int learned = 0;
        for (int number = 2; number <= Steps + 1; number++)
        {
            var directions = new float[Directions * Dimension];
            optimizer.Ask(Step(number), Start(), state, directions);
            float[] plain = Normals(number);
            bool isPlain = directions.SequenceEqual(plain);
            if (!isPlain)
            {
                directions.ShouldBe([.. plain.Select((z, i) => z * deviation[i % Dimension])]);
                learned++;
            }
        }

        Math.Abs(((double)learned / Steps) - mix).ShouldBeLessThanOrEqualTo(4 * Math.Sqrt(mix * (1 - mix) / Steps));
    }

    [Fact]
    public void The_query_network_advances_whichever_deviation_is_drawn()
    {
        float[] gradientFree = new float[Dimension];
        LearnedOptimizer never = Create("full", new LearnedOptions { Mix = 0 });
        LearnedOptimizer always = Create("full", new LearnedOptions { Mix = 1 });
        float[] neverState = new float[never.StateLength(Dimension)], alwaysState = new float[neverState.Length];
        float[] directions = Normals(1);
        for (int number = 1; number <= 5; number++)
        {
            Evaluation[] answers = Answer(Start(), directions);
            never.Tell(Step(number), directions, answers, [.. gradientFree], neverState);
            always.Tell(Step(number), directions, answers, [.. gradientFree], alwaysState);
        }

        neverState.ShouldBe(alwaysState);
        Deviation(neverState).ShouldContain(s => Math.Abs(s - 1) > 0.01f);
    }

    [Fact]
    public void Without_the_query_network_directions_are_plain_at_every_step()
    {
        LearnedOptimizer optimizer = Create("no-query");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        for (int number = 1; number <= 10; number++)
        {
            var directions = new float[Directions * Dimension];
            optimizer.Ask(Step(number), theta, state, directions);
            directions.ShouldBe(Normals(number));
            optimizer.Tell(Step(number), directions, Answer(theta, directions), theta, state);
        }
    }

    [Fact]
    public void A_model_without_query_network_runs_as_one_whose_query_network_is_left_out()
    {
        LearnedModel full = Models.Draw();
        var updateOnly = new LearnedModel(full.Update) { Directions = Directions };
        float[] one = Start(), other = Start();

        Run(new LearnedOptimizer("a", updateOnly), one, 1, 10);
        Run(Create("no-query"), other, 1, 10);

        one.ShouldBe(other);
    }

    [Fact]
    public void Guided_sampling_is_guided_by_the_last_estimate_and_update()
    {
        LearnedOptimizer optimizer = Create("guided-es");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        float[] gradient = new float[Dimension], update = new float[Dimension];
        var scales = new NaiveScales();
        for (int number = 1; number <= 10; number++)
        {
            float[] directions = new float[Directions * Dimension], expected = new float[Directions * Dimension];
            new GuidedSampler().Sample(Step(number).Key, gradient, update, expected);
            optimizer.Ask(Step(number), theta, state, directions);
            Close(directions, expected);

            float[] before = [.. theta];
            Evaluation[] answers = Answer(theta, directions);
            optimizer.Tell(Step(number), directions, answers, theta, state);
            gradient = scales.Normalise(Estimate(directions, answers), answers);
            update = Update(state);
            float[] moved = [.. update.Select(u => (float)(scales.Seen * u))];
            scales.Moved(moved);
            Close(theta, [.. before.Zip(moved, (x, m) => x + m)]);
        }
    }

    [Fact]
    public void Without_the_update_network_it_is_sgd_and_the_query_network_is_told_so()
    {
        LearnedOptimizer optimizer = Create("no-update");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var naive = new NaiveStep(Models.Draw(), Dimension);
        var scales = new NaiveScales();
        for (int number = 1; number <= 10; number++)
        {
            var directions = new float[Directions * Dimension];
            optimizer.Ask(Step(number), theta, state, directions);
            float[] before = [.. theta];
            Evaluation[] answers = Answer(theta, directions);
            optimizer.Tell(Step(number), directions, answers, theta, state);

            float[] estimate = Estimate(directions, answers);
            float[] moved = [.. estimate.Select(g => -2f / Dimension * g)];
            float[] gradient = scales.Normalise(estimate, answers);
            float[] update = [.. moved.Select(m => (float)(m / scales.Seen))];
            scales.Moved(moved);
            Close(theta, [.. before.Zip(moved, (x, m) => x + m)]);
            Close(Deviation(state), [.. naive.Run(gradient, 1, update).Deviation.Select(s => (float)s)]);
        }
    }

    [Fact]
    public void The_scale_multiplies_what_the_update_network_says()
    {
        float[] directions = Normals(1);
        Evaluation[] answers = Answer(Start(), directions);
        float[] one = new float[Dimension], three = new float[Dimension];
        LearnedOptimizer plain = Create("full"), scaled = Create("full", new LearnedOptions { Scale = 3 });

        plain.Tell(Step(1), directions, answers, one, new float[plain.StateLength(Dimension)]);
        scaled.Tell(Step(1), directions, answers, three, new float[plain.StateLength(Dimension)]);

        Close(three, [.. one.Select(x => 3 * x)]);
        one.ShouldAllBe(x => x != 0);
    }

    [Theory]
    [MemberData(nameof(Ablations))]
    public void The_state_tells_the_largest_estimate_so_far_and_the_polyak_step_of_the_start(string ablation)
    {
        LearnedOptimizer optimizer = Create(ablation);
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var scales = new NaiveScales();
        var directions = new float[Directions * Dimension];
        var largest = new List<float>();
        for (int number = 1; number <= 10; number++)
        {
            optimizer.Ask(Step(number), theta, state, directions);
            Evaluation[] answers = Answer(theta, directions, f: number % 4 == 0 ? -5 : 1);
            float[] normalised = scales.Normalise(Estimate(directions, answers), answers);
            float[] before = [.. theta];
            optimizer.Tell(Step(number), directions, answers, theta, state);

            scales.Moved([.. theta.Zip(before, (x, y) => x - y)]);
            ((double)state[^3]).ShouldBe(scales.Largest, 1e-5 * scales.Largest);
            ((double)state[^2]).ShouldBe(scales.LargestUpdate, 1e-4 * scales.LargestUpdate);
            ((double)state[^1]).ShouldBe(scales.Unit, 1e-5 * scales.Unit);
            Close(Gradient(state), normalised);
            largest.Add(state[^3]);
        }

        // Some steps raise it, others do not.
        largest.Distinct().Count().ShouldBeInRange(2, 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(40)]
    public void However_many_directions_there_are_the_unit_is_right_about_the_gradients_length(int directions)
    {
        // f(θ) = wᵀθ + 1: a Polyak step has length 1 / ‖w‖, and 1 / (ρ √d) is what ρ takes for ‖w‖.
        const int Trials = 4000;
        float[] w = Start();
        double sum = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            float[] u = Models.Normals(RandomKey.FromSeed(trial), directions * Dimension);
            Evaluation[] answers =
            [
                new(1, 1, false),
                .. u.Chunk(Dimension).Select(row => 1 + (Smoothing * row.Zip(w, (x, y) => (double)x * y).Sum())).Select(f => new Evaluation(f, f, false)),
            ];
            double rms = Math.Sqrt(Estimate(u, answers).Average(g => (double)g * g));
            sum += 1 / Math.Pow(LearnedOptimizer.Unit(1, rms, Dimension, directions), 2) / Dimension;
        }

        double expected = w.Sum(x => (double)x * x);
        (sum / Trials).ShouldBe(expected, 0.1 * expected);
    }

    [Fact]
    public void The_unit_is_the_documented_number()
    {
        // ‖ĝ‖² = 4 · 0.5², so ‖∇f‖² = 1 / (1 + 5/5), and ρ = 2 / (√½ √4).
        LearnedOptimizer.Unit(2, 0.5, dimension: 4, directions: 5).ShouldBe(MathF.Sqrt(2));
        LearnedOptimizer.Unit(-2, 0.5, dimension: 4, directions: 5).ShouldBe(MathF.Sqrt(2));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0)]
    [InlineData(0, 0)]
    [InlineData(1e-40, 1e10)]
    [InlineData(1e30, 1e-30)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    public void The_unit_is_one_where_loss_and_estimate_give_none(double loss, double rms) =>
        LearnedOptimizer.Unit(loss, rms, 4, 5).ShouldBe(1);

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(7.0, 0.0)]
    [InlineData(0.0, 3.0)]
    public void A_start_of_no_loss_or_no_slope_leaves_the_run_finite_and_able_to_move(double loss, double slope)
    {
        LearnedOptimizer optimizer = Create("full");
        float[] theta = Start();
        var state = new float[optimizer.StateLength(Dimension)];
        var directions = new float[Directions * Dimension];
        optimizer.Ask(Step(1), theta, state, directions);
        Evaluation[] first = [new(loss, loss, false), .. Enumerable.Repeat(new Evaluation(loss + (Smoothing * slope), loss, false), Directions)];
        optimizer.Tell(Step(1), directions, first, theta, state);

        state[^1].ShouldBe(1);
        theta.SequenceEqual(Start()).ShouldBe(slope == 0);
        float[] before = [.. theta];
        Run(optimizer, theta, state, 2, 10);

        theta.ShouldAllBe(x => float.IsFinite(x));
        state.ShouldAllBe(x => float.IsFinite(x));
        state[^1].ShouldBe(1);
        theta.ShouldNotBe(before);
    }

    [Theory]
    [InlineData("full", 1024f, 1f)]
    [InlineData("full", 1f / 128, 1f)]
    [InlineData("full", 1f, 64f)]
    [InlineData("full", 1f, 1f / 4096)]
    [InlineData("no-query", 16f, 1f / 2)]
    [InlineData("guided-es", 16f, 1f / 2)]
    public void Scaling_the_loss_changes_no_bit_of_theta_and_scaling_theta_scales_it(string ablation, float a, float b)
    {
        float[] plain = Start(), scaled = [.. Start().Select(x => b * x)];

        Run(Create(ablation), plain, 1, 30);
        Run(Create(ablation), scaled, 1, 30, a, b);

        scaled.ShouldBe([.. plain.Select(x => b * x)]);
        plain.ShouldNotBe(Start());
    }

    [Theory]
    [InlineData(3f, 1f)]
    [InlineData(1f, 0.1f)]
    [InlineData(1000f, 7f)]
    public void Scales_that_are_no_powers_of_two_change_only_roundings(float a, float b)
    {
        float[] plain = Start(), scaled = [.. Start().Select(x => b * x)];

        Run(Create("full"), plain, 1, 5);
        Run(Create("full"), scaled, 1, 5, a, b);

        plain.Zip(scaled, (x, y) => Math.Abs(x - (y / b))).Max().ShouldBeLessThan(1e-3f);
        plain.Zip(Start(), (x, y) => Math.Abs(x - y)).Max().ShouldBeGreaterThan(0.1f);
    }

    [Fact]
    public void Directions_and_smoothing_are_the_trained_ones_unless_others_are_asked_for()
    {
        LearnedOptimizer plain = Create("full"), other = Create("full", new LearnedOptions { Directions = 9, Smoothing = 0.5 });

        (plain.Directions, plain.Smoothing).ShouldBe((Directions, Smoothing));
        (other.Directions, other.Smoothing).ShouldBe((9, 0.5f));
    }

    [Fact]
    public void Options_that_leave_nothing_learned_are_refused()
    {
        Should.Throw<InputException>(() => Create("full", NoUpdate with { Sampling = LearnedSampling.Gaussian })).Message.ShouldContain("Gaussian");
        Should.Throw<InputException>(() => Create("full", NoUpdate with { Sampling = LearnedSampling.Guided })).Message.ShouldContain("guided-es");
        Should.Throw<InputException>(() => new LearnedOptimizer("x", Models.Draw(hasQuery: false), options: NoUpdate)).Message.ShouldContain("without QueryRNN");
    }

    [Fact]
    public void A_step_of_another_model_is_refused() =>
        Should.Throw<ArgumentException>(() => new LearnedOptimizer("x", Models.Draw(), new ManagedStep(Models.Draw(hasQuery: false))));

    [Theory]
    [MemberData(nameof(Ablations))]
    public void In_the_engine_a_round_allocates_nothing_and_results_do_not_depend_on_packing(string ablation)
    {
        const int Problems = 3;
        const int Iterations = 30;
        double[][] traces = [.. new[] { 1, Problems }.Select(inFlight =>
        {
            Problem[] problems =
            [
                .. Enumerable.Range(0, Problems).Select(seed => new Problem(
                    "p", new FunctionObjective(Dimension), Create(ablation), Smoothing, RandomKey.FromSeed(seed), new RunLimits { Iterations = Iterations })),
            ];
            using var oracle = new DelegateOracle(Dimension, 1, static (input, _, scores) => scores[0] = (float)SimdKernels.SumOfSquares(input));
            var allocated = new long[Problems * (Iterations + 1)];
            int at = 0;
            new BatchedEngine(oracle, inFlight).Run(problems, progress: _ => allocated[at++] = GC.GetAllocatedBytesForCurrentThread());
            if (inFlight == Problems)
            {
                (allocated[^1] - allocated[3 * Problems]).ShouldBe(0);
            }

            return problems.SelectMany(p => p.Trace).ToArray();
        })];

        traces[0].ShouldBe(traces[1]);
    }

    [Fact]
    public void Networks_that_follow_the_estimates_sign_with_momentum_descend()
    {
        // c ← c/2 + tanh(10 ĝ)/2, output −0.02 h.
        var update = new float[RnnWeights.Count(1, 1, false)];
        update[2] = 10;
        update[^1] = -0.02f;
        var optimizer = new LearnedOptimizer("sign", new LearnedModel(new RnnWeights(1, 1, false, update)));
        SyntheticProblem sphere = SyntheticProblems.All(12).Single(p => p.Name == "sphere");
        var problem = new Problem("p", sphere.Objective, optimizer, 1e-3f, RandomKey.FromSeed(1), new RunLimits { Iterations = 600 });

        using DelegateOracle oracle = sphere.CreateOracle();
        new BatchedEngine(oracle).Run([problem]);

        problem.Trace[^1].ShouldBeLessThan(0.05 * problem.Trace[0]);
    }

    private static LearnedOptimizer Create(string ablation, LearnedOptions? options = null) => new(
        "zo-lstm",
        Models.Draw(),
        options: options ?? ablation switch { "no-query" => NoQuery, "guided-es" => GuidedEs, "no-update" => NoUpdate, _ => new LearnedOptions() });

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
        new(RandomKey.FromSeed(7).Derive((ulong)number), number, 20, unit * Smoothing, new FunctionObjective(Dimension));

    private static float[] Gradient(float[] state)
    {
        LearnedOptimizer.Split(state, Dimension, out _, out Span<float> gradient, out _, out _);
        return gradient.ToArray();
    }

    private static float[] Update(float[] state)
    {
        LearnedOptimizer.Split(state, Dimension, out _, out _, out Span<float> update, out _);
        return update.ToArray();
    }

    private static float[] Deviation(float[] state)
    {
        LearnedOptimizer.Split(state, Dimension, out _, out _, out _, out Span<float> deviation);
        return deviation.ToArray();
    }

    private static float[] Start() => Models.Normals(RandomKey.FromSeed(3), Dimension);

    private static float[] Ones() => [.. Enumerable.Repeat(1f, Dimension)];

    private static float[] Normals(int number) => Models.Normals(Step(number).Key, Directions * Dimension);

    // ½ f Σ (i + 1) (θᵢ / unit)² / d.
    private static Evaluation[] Answer(float[] theta, float[] directions, float f = 1, float unit = 1)
    {
        var answers = new Evaluation[(directions.Length / Dimension) + 1];
        for (int row = 0; row < answers.Length; row++)
        {
            double sum = 0;
            for (int i = 0; i < Dimension; i++)
            {
                double x = (theta[i] / (double)unit) + (row == 0 ? 0 : Smoothing * directions[((row - 1) * Dimension) + i]);
                sum += (i + 1) * x * x / (2 * Dimension);
            }

            answers[row] = new Evaluation(f * sum, f * sum, false);
        }

        return answers;
    }

    // Eq. 1, in double precision.
    private static float[] Estimate(float[] directions, Evaluation[] answers)
    {
        var gradient = new double[Dimension];
        int q = answers.Length - 1;
        for (int row = 0; row < q; row++)
        {
            for (int i = 0; i < Dimension; i++)
            {
                gradient[i] += (answers[row + 1].Loss - answers[0].Loss) / (Smoothing * q) * directions[(row * Dimension) + i];
            }
        }

        return [.. gradient.Select(g => (float)g)];
    }

    private static void Close(float[] actual, float[] expected) =>
        actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max().ShouldBeLessThan(2e-5f);
}

using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Attacks;
using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class LearnedProximalOptimizerTests
{
    private const int Dimension = 37;
    private const float Guard = 12345;

    /// <summary>d, and the norm of the known part; null where nothing is known.</summary>
    public static TheoryData<int, DistortionNorm?> Problems
    {
        get
        {
            var data = new TheoryData<int, DistortionNorm?>();
            foreach (int dimension in (int[])[1, 2, 15, 16, 17, 100])
            {
                data.Add(dimension, null);
                data.Add(dimension, DistortionNorm.L1);
            }

            data.Add(Dimension, DistortionNorm.L2);
            data.Add(Dimension, DistortionNorm.LInfinity);
            return data;
        }
    }

    public static TheoryData<DistortionNorm, BoxTransform, bool, double> Attacks
    {
        get
        {
            var data = new TheoryData<DistortionNorm, BoxTransform, bool, double>();
            foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
            {
                data.Add(norm, BoxTransform.Clip, false, 0.1);
                data.Add(norm, BoxTransform.Clip, true, 0.1);
                data.Add(norm, BoxTransform.Clip, false, 0);
                data.Add(norm, BoxTransform.Tanh, false, 0.1);
                data.Add(norm, BoxTransform.Tanh, true, 0);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Over_many_steps_every_step_is_made_of_what_is_documented(int dimension, DistortionNorm? norm)
    {
        LearnedModel model = Models.DrawProximal();
        var objective = new BentObjective(dimension, Term(dimension, norm));
        var run = new ProximalRun(new LearnedProximalOptimizer("plus", model), objective);
        var naive = new NaiveProximal(model, dimension);
        var record = new ProximalRecord(dimension);
        for (int t = 1; t <= 12; t++)
        {
            float[] theta = [.. run.Theta], memory = run.Memory;
            run.Ask();
            run.Tell(record);

            naive.Run(run.Step, run.Answers, theta, memory, run.Memory);
            record.Moves.ShouldBeTrue();
            record.Memory.ShouldBe(run.Memory);
            Close(record.Features, [.. naive.Features.SelectMany(row => row)], 1e-5, $"features, step {t}");
            Close(record.Outputs, [.. naive.Outputs.SelectMany(row => row)], 1e-4, $"outputs, step {t}");
            Close(record.Direction, naive.Direction, 1e-4 * naive.Direction.Max(Math.Abs), $"D, step {t}");
            Close(record.Rate, naive.Rate, 1e-4 * naive.Rate.Max(), $"rate, step {t}");

            // The step itself is zo-prox's.
            float[] expected = [.. theta];
            float lambda = ProximalStep.Apply(objective.Known, run.Answers[0].Queried, record.Direction, record.Rate, expected);
            run.Theta.ShouldBe(expected);
            record.Lambda.ShouldBe(lambda);
            naive.Moved(theta, run.Theta, lambda);
        }
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void With_an_output_layer_of_zeros_it_makes_the_steps_of_zo_prox(int dimension, DistortionNorm? norm)
    {
        var objective = new BentObjective(dimension, Term(dimension, norm));
        RnnWeights weights = Models.DrawProximal().Update;
        float[] values = [.. weights.Values];
        values.AsSpan(4 * weights.Hidden * (weights.Inputs + weights.Hidden + 1)).Clear();
        var learned = new ProximalRun(new LearnedProximalOptimizer("plus", new LearnedModel(weights.With(values)) { Directions = 6 }), objective);

        // δ/(d R) = 0.8 w/R.
        learned.Ask();
        learned.Tell();
        float width = learned.State[^2];
        var byHand = new ProximalRun(
            new ProximalOptimizer(new OptimizerSettings { Directions = 6, StepSize = 0.8 * width * dimension }), objective);
        byHand.Ask();
        byHand.Tell();
        for (int t = 2; t <= 12; t++)
        {
            // δ is rounded otherwise than 0.8 w, so every step is compared from the same start.
            Close(learned.Theta, [.. byHand.Theta.Select(x => (double)x)], 1e-5 * width, $"step {t - 1}");
            learned.Theta.CopyTo(byHand.Theta, 0);
            learned.Memory.CopyTo(byHand.State, 0);
            float[] expected = [.. learned.Theta];
            learned.Ask();
            learned.Tell();
            byHand.Ask();
            byHand.Tell();

            var rate = new float[dimension];
            Array.Fill(rate, 0.8f * width / learned.State[^3]);
            ProximalStep.Apply(objective.Known, learned.Answers[0].Queried, learned.Memory, rate, expected).ShouldBe(learned.State[^1]);
            Bits.MustEqual(learned.Theta, expected, $"step {t}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void The_losss_scale_changes_no_bit(DistortionNorm? norm)
    {
        float[] expected = new ProximalRun(Create(), new BentObjective(Dimension, Term(Dimension, norm))).Go(12).Theta;

        foreach (double factor in (double[])[Math.Pow(2, -30), 0.25, 8, Math.Pow(2, 40)])
        {
            var run = new ProximalRun(Create(), new BentObjective(Dimension, Term(Dimension, norm, factor), lossScale: factor)).Go(12);
            Bits.MustEqual(run.Theta, expected, $"loss times {factor}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void Thetas_scale_changes_no_bit(DistortionNorm? norm)
    {
        float[] expected = new ProximalRun(Create(), new BentObjective(Dimension, Term(Dimension, norm))).Go(12).Theta;

        foreach (float unit in (float[])[1f / 1024, 4, 1 << 20])
        {
            KnownTerm? term = Term(Dimension, norm);
            KnownTerm? scaled = term is null
                ? null : term with { Weight = term.Weight / unit, Center = Times(term.Center, unit), Lower = Times(term.Lower, unit), Upper = Times(term.Upper, unit) };
            var run = new ProximalRun(Create(), new BentObjective(Dimension, scaled, unit: unit)) { Smoothing = unit * ProximalRun.UsualSmoothing }.Go(12);
            Bits.MustEqual(run.Theta, [.. expected.Select(x => unit * x)], $"θ times {unit}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void The_order_of_coordinates_does_not_matter(DistortionNorm? norm)
    {
        int[] order = [.. Enumerable.Range(0, Dimension)];
        CounterRandom.Shuffle(RandomKey.FromSeed(5), order.AsSpan());
        float[] Permuted(ReadOnlySpan<float> row) => [.. order.Select(row.ToArray().ElementAt)];
        MustCommute(
            Term(Dimension, norm),
            known => known with { Center = Permuted(known.Center.Span), Lower = Permuted(known.Lower.Span), Upper = Permuted(known.Upper.Span) },
            Permuted);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void A_problem_in_a_mirror_is_solved_in_the_mirror(DistortionNorm? norm)
    {
        // Half of the coordinates are mirrored.
        float[] Mirrored(ReadOnlySpan<float> row) => [.. row.ToArray().Select((x, i) => i % 2 == 0 ? -x : x)];
        MustCommute(
            Term(Dimension, norm),
            known =>
            {
                float[] lower = Mirrored(known.Lower.Span), upper = Mirrored(known.Upper.Span);
                return known with
                {
                    Center = Mirrored(known.Center.Span),
                    Lower = lower.Zip(upper, Math.Min).ToArray(),
                    Upper = lower.Zip(upper, Math.Max).ToArray(),
                };
            },
            Mirrored);
    }

    [Fact]
    public void Where_every_answer_is_the_same_theta_and_the_network_rest_until_there_is_a_slope()
    {
        var objective = new BentObjective(Dimension, Term(Dimension, DistortionNorm.L1));
        var run = new ProximalRun(Create(), objective);
        var record = new ProximalRecord(Dimension) { Moves = true };
        float[] before = [.. run.Theta];
        for (int t = 1; t <= 3; t++)
        {
            run.Ask();
            run.Answers.AsSpan().Fill(new Evaluation(1, 1, false));
            run.Tell(record);
        }

        run.Theta.ShouldBe(before);
        record.Moves.ShouldBeFalse();
        run.State.SkipLast(3).ShouldAllBe(x => x == 0);

        run.Go(1).Theta.ShouldNotBe(before);
        run.Theta.ShouldAllBe(x => float.IsFinite(x));
    }

    [Theory]
    [InlineData(1e-44)]
    [InlineData(1e-37)]
    [InlineData(1e36)]
    [InlineData(1e39)]
    public void Slopes_beyond_what_floats_can_scale_leave_theta_finite(double factor)
    {
        foreach (DistortionNorm? norm in (DistortionNorm?[])[null, DistortionNorm.L1])
        {
            new ProximalRun(Create(), new BentObjective(Dimension, Term(Dimension, norm, factor), lossScale: factor)).Go(5).Theta.ShouldAllBe(x => float.IsFinite(x));
        }
    }

    [Fact]
    public void A_box_without_faces_and_a_floor_without_end_are_as_if_there_were_none()
    {
        float[] Infinite(float value) => [.. Enumerable.Repeat(value, Dimension)];
        var open = new KnownTerm(double.NegativeInfinity, 0, DistortionNorm.L1, new float[Dimension], Infinite(float.NegativeInfinity), Infinite(float.PositiveInfinity));

        ProximalRun run = new ProximalRun(Create(), new BentObjective(Dimension, open)).Go(12);

        run.Theta.ShouldAllBe(x => float.IsFinite(x));
        run.State[^1].ShouldBe(1);
        run.State[^2].ShouldBe(new ProximalRun(Create(), new BentObjective(Dimension)).Go(1).State[^2], 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Attacks_of_every_kind_run_and_stay_in_the_box(DistortionNorm norm, BoxTransform transform, bool isTargeted, double weight)
    {
        using var oracle = new TinyClassifier();
        float[] image = [.. TinyClassifier.Images([0]).Image(0).Span];

        // Some pixels start at the box's faces.
        image[3] = 0;
        image[7] = 1;
        int label = TinyClassifier.Classify(image);
        var loss = new AttackLoss
        {
            Norm = norm,
            Transform = transform,
            Target = isTargeted ? (label + 1) % TinyClassifier.Classes : null,
            DistortionWeight = weight,
        };
        var objective = new AttackObjective(image, label, TinyClassifier.Classes, loss);
        var problem = new Problem("p", objective, Create(), 1e-3f, RandomKey.FromSeed(1), new RunLimits { Iterations = 25 });

        new BatchedEngine(oracle).Run([problem]);

        problem.Trace.Count.ShouldBe(26);
        problem.Trace.ShouldAllBe(f => double.IsFinite(f));
        problem.Trace.Min().ShouldBeLessThan(problem.Trace[0]);
        if (objective.Known is { } known)
        {
            for (int i = 0; i < image.Length; i++)
            {
                problem.Theta[i].ShouldBeInRange(known.Lower.Span[i], known.Upper.Span[i]);
            }
        }
    }

    [Fact]
    public void Asks_without_touching_theta_or_state_and_tells_within_the_state_it_declared()
    {
        var objective = new BentObjective(Dimension, Term(Dimension, DistortionNorm.L1));
        LearnedProximalOptimizer optimizer = Create();
        int length = optimizer.StateLength(Dimension);
        length.ShouldBe(new ManagedRnn(Models.DrawProximal().Update).StateLength(Dimension) + (4 * Dimension) + 3);
        var memory = new float[length + 2];
        memory[0] = memory[^1] = Guard;
        Span<float> state = memory.AsSpan(1, length);
        var run = new ProximalRun(optimizer, objective);
        for (int t = 1; t <= 5; t++)
        {
            float[] theta = [.. run.Theta], before = state.ToArray();
            run.Number = t;
            optimizer.Ask(run.Step, run.Theta, state, run.Directions);
            run.Theta.ShouldBe(theta);
            state.ToArray().ShouldBe(before);

            optimizer.Tell(run.Step, run.Directions, objective.Answer(run.Theta, run.Directions, run.Smoothing), run.Theta, state);
            run.Theta.ShouldNotBe(theta);
        }

        memory[0].ShouldBe(Guard);
        memory[^1].ShouldBe(Guard);
    }

    [Fact]
    public void A_run_goes_on_from_a_copy_of_its_state_bit_for_bit()
    {
        var objective = new BentObjective(Dimension, Term(Dimension, DistortionNorm.L1));
        ProximalRun run = new ProximalRun(Create(), objective).Go(7);
        var copy = new ProximalRun(Create(), objective) { Theta = [.. run.Theta], State = [.. run.State], Number = 7 };

        copy.Go(8).Theta.ShouldBe(run.Go(8).Theta);
        copy.State.ShouldBe(run.State);
    }

    [Fact]
    public void Problems_that_take_turns_on_one_optimizer_do_not_see_each_other()
    {
        LearnedProximalOptimizer optimizer = Create();
        BentObjective[] objectives = [new(Dimension, Term(Dimension, DistortionNorm.L1)), new(5), new(Dimension, Term(Dimension, DistortionNorm.L2))];
        ProximalRun[] alone = [.. objectives.Select((o, i) => new ProximalRun(Create(), o, i).Go(10))];
        ProximalRun[] turns = [.. objectives.Select((o, i) => new ProximalRun(optimizer, o, i))];
        for (int t = 0; t < 10; t++)
        {
            foreach (ProximalRun run in turns)
            {
                run.Ask();
            }

            foreach (ProximalRun run in turns.Reverse())
            {
                run.Tell();
            }
        }

        turns.Select(run => run.Theta).ShouldBe(alone.Select(run => run.Theta));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_the_engine_a_round_allocates_nothing(bool isAttack)
    {
        const int Problems = 3, Iterations = 40;
        float[] image = [.. Enumerable.Repeat(0.5f, 16)];
        Problem[] problems =
        [
            .. Enumerable.Range(0, Problems).Select(i => new Problem(
                "p",
                isAttack ? new AttackObjective(image, 0, 2, new AttackLoss { Norm = (DistortionNorm)i }) : new FunctionObjective(16),
                Create(),
                1e-3f,
                RandomKey.FromSeed(i),
                new RunLimits { Iterations = Iterations })),
        ];
        using var oracle = new DelegateOracle(16, 2, static (input, _, scores) =>
        {
            // A margin that stays above 0: keeping a first solution is not part of a round.
            scores[0] = 10 + input[0];
            scores[1] = 0;
        });
        var allocated = new long[Problems * (Iterations + 1)];
        int at = 0;

        new BatchedEngine(oracle, problems.Length).Run(problems, progress: _ => allocated[at++] = GC.GetAllocatedBytesForCurrentThread());

        (allocated[^1] - allocated[3 * Problems]).ShouldBe(0);
    }

    [Fact]
    public void Directions_and_smoothing_are_the_models_unless_others_are_given()
    {
        LearnedModel model = Models.DrawProximal();
        var plain = new LearnedProximalOptimizer("a", model);
        var other = new LearnedProximalOptimizer("b", model, directions: 9, smoothing: 0.5f);

        (plain.Name, plain.Directions, plain.Smoothing).ShouldBe(("a", model.Directions, model.Smoothing));
        (other.Name, other.Directions, other.Smoothing).ShouldBe(("b", 9, 0.5f));
        Should.Throw<ArgumentOutOfRangeException>(() => new LearnedProximalOptimizer("c", model, directions: 0)).ParamName.ShouldBe("directions");
        Should.Throw<ArgumentOutOfRangeException>(() => new LearnedProximalOptimizer("c", model, smoothing: 0)).ParamName.ShouldBe("smoothing");
        Should.Throw<ArgumentOutOfRangeException>(() => new LearnedProximalOptimizer("c", model, smoothing: float.NaN)).ParamName.ShouldBe("smoothing");
    }

    [Fact]
    public void A_model_of_the_other_kind_is_refused()
    {
        Should.Throw<ArgumentException>(() => new LearnedProximalOptimizer("x", Models.Draw())).Message.ShouldContain("LearnedOptimizer");
        Should.Throw<ArgumentException>(() => new LearnedOptimizer("x", Models.DrawProximal())).Message.ShouldContain("LearnedProximalOptimizer");
        Should.Throw<ArgumentException>(() => new ManagedStep(Models.DrawProximal())).Message.ShouldContain("Proximal");
    }

    // Tells the run and its image under a change of coordinates the same answers; both must go the same way.
    private static void MustCommute(KnownTerm? known, Func<KnownTerm, KnownTerm> term, Func<ReadOnlySpan<float>, float[]> row)
    {
        var run = new ProximalRun(Create(), new BentObjective(Dimension, known));
        var image = new ProximalRun(Create(), new BentObjective(Dimension, known is null ? null : term(known))) { Theta = row(run.Theta) };
        for (int t = 1; t <= 12; t++)
        {
            run.Ask();
            image.Number = t;
            run.Directions.Chunk(Dimension).SelectMany(direction => row(direction)).ToArray().CopyTo(image.Directions, 0);
            image.Answers = run.Answers;
            run.Tell();
            image.Tell();

            Close(image.Theta, [.. row(run.Theta).Select(x => (double)x)], 1e-4, $"step {t}");
        }
    }

    private static LearnedProximalOptimizer Create() => new("zo-lstm-plus", Models.DrawProximal());

    private static KnownTerm? Term(int dimension, DistortionNorm? norm, double factor = 1) =>
        norm is { } p ? BentObjective.Term(dimension, p, weight: 0.05 * factor, floor: -0.5 * factor) : null;

    private static float[] Times(ReadOnlyMemory<float> row, float factor) => [.. row.ToArray().Select(x => factor * x)];

    private static void Close(float[] actual, double[] expected, double tolerance, string what)
    {
        actual.Length.ShouldBe(expected.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            ((double)actual[i]).ShouldBe(expected[i], tolerance, $"{what}, {i}");
        }
    }
}

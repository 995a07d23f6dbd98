using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Attacks;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class ProximalOptimizerTests
{
    private const float Mu = 1e-3f;

    public static TheoryData<int, int, EstimateKind> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, EstimateKind>();
            foreach (int dimension in (int[])[1, 2, 40])
            {
                foreach (int directions in (int[])[1, 5, 70])
                {
                    data.Add(dimension, directions, EstimateKind.Forward);
                    data.Add(dimension, directions, EstimateKind.Antithetic);
                }
            }

            return data;
        }
    }

    public static TheoryData<DistortionNorm, BoxTransform, EstimateKind> Attacks
    {
        get
        {
            var data = new TheoryData<DistortionNorm, BoxTransform, EstimateKind>();
            foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
            {
                foreach (BoxTransform transform in Enum.GetValues<BoxTransform>())
                {
                    data.Add(norm, transform, EstimateKind.Forward);
                    data.Add(norm, transform, EstimateKind.Antithetic);
                }
            }

            return data;
        }
    }

    // Fewer directions than coordinates, as many, and more than are solved at a time.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Goes_down_whatever_the_numbers_of_coordinates_and_directions(int dimension, int directions, EstimateKind estimate)
    {
        SyntheticProblem sphere = SyntheticProblems.Sphere(dimension);
        using DelegateOracle oracle = sphere.CreateOracle();

        // A memory of few directions lags behind: steps are to be as short as it is slow.
        var settings = new OptimizerSettings { Directions = directions, StepSize = 0.1 * Math.Min(dimension, directions), Estimate = estimate };
        Problem problem = Run(oracle, sphere.Objective, settings, 400 * Math.Max(1, dimension / directions));
        problem.Trace[^1].ShouldBeLessThan(0.02 * problem.Trace[0]);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void A_power_of_two_in_scores_weight_and_confidence_changes_no_bit_of_theta(DistortionNorm norm, BoxTransform transform, EstimateKind estimate)
    {
        Problem once = Attack(1, norm, transform, estimate);
        foreach (float factor in (float[])[4, 1 / 1024f, MathF.ScaleB(1, 60), MathF.ScaleB(1, -60)])
        {
            Problem scaled = Attack(factor, norm, transform, estimate);
            scaled.Theta.ToArray().ShouldBe(once.Theta.ToArray(), $"factor {factor}");
            scaled.Trace.ShouldBe(once.Trace.Select(loss => factor * loss), $"factor {factor}");
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Any_other_factor_gives_the_same_trace_up_to_rounding(DistortionNorm norm, BoxTransform transform, EstimateKind estimate)
    {
        Problem once = Attack(1, norm, transform, estimate);
        Problem scaled = Attack(3, norm, transform, estimate);
        scaled.Trace.Zip(once.Trace, (a, b) => Math.Abs((a / 3) - b)).Max().ShouldBeLessThan(0.01 * once.Trace[0]);
        scaled.Trace[^1].ShouldNotBe(3 * once.Trace[0]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Ends_lower_than_the_best_zo_sgd_on_a_tiny_classifier(int? target)
    {
        double[] steps = [0.03, 0.1, 0.3, 1, 3, 10];
        double sgd = steps.Min(delta => Final("zo-sgd", delta));
        steps.Min(delta => Final("zo-prox", delta)).ShouldBeLessThan(0.99 * sgd);

        // It needs no tuning for that: steps are a share of the box, whatever the loss.
        Final("zo-prox", 3).ShouldBeLessThan(sgd);

        double Final(string name, double delta)
        {
            using var oracle = new TinyClassifier();
            var options = new AttackOptions
            {
                Loss = new AttackLoss { DistortionWeight = 0.1, Target = target },
                Limits = new RunLimits { Iterations = 60 },
                Smoothing = Mu,
            };
            IZerothOrderOptimizer optimizer = new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 5, StepSize = delta });
            return AttackStatistics.From(new BlackBoxAttack(oracle, optimizer, options).Run(TinyClassifier.Images([0, 1, 0, 1, 0, 1])).Runs[0].Images).MeanFinalLoss;
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Targeted_attacks_reach_their_class(DistortionNorm norm, BoxTransform transform, EstimateKind estimate)
    {
        using var oracle = new TinyClassifier();
        var options = new AttackOptions
        {
            Loss = new AttackLoss { DistortionWeight = 0.01, Target = 1, Norm = norm, Transform = transform },
            Limits = new RunLimits { Iterations = 60 },
            Smoothing = Mu,
        };
        var optimizer = new ProximalOptimizer(new OptimizerSettings { Directions = 6, StepSize = 2, Estimate = estimate });
        AttackResult result = new BlackBoxAttack(oracle, optimizer, options).Run(TinyClassifier.Images([0, 2, 0, 2]));
        result.Runs[0].Images.ShouldAllBe(p => p.Success && p.AdversarialLabel == 1);
    }

    // Behind tanh the distortion is part of what is asked: it must not be forgotten.
    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void A_heavier_distortion_is_kept_smaller(BoxTransform transform)
    {
        double light = LastDistortion(0.001);
        LastDistortion(0.3).ShouldBeLessThan(0.9 * light);
        LastDistortion(100).ShouldBeLessThan(0.1 * light);

        double LastDistortion(double weight)
        {
            using var oracle = new TinyClassifier();
            var options = new AttackOptions
            {
                Loss = new AttackLoss { DistortionWeight = weight, Transform = transform, Confidence = 1 },
                Limits = new RunLimits { Iterations = 300 },
                Smoothing = Mu,
            };
            var optimizer = new ProximalOptimizer(new OptimizerSettings { Directions = 16, StepSize = 1 });
            ImageSet images = TinyClassifier.Images([0, 1, 2]);
            return new BlackBoxAttack(oracle, optimizer, options).Run(images).Runs[0].Images
                .Average(p => p.Last!.Value.ToArray().Zip(p.Original.ToArray(), (a, b) => Math.Abs((double)a - b)).Sum());
        }
    }

    [Fact]
    public void Confidence_is_where_the_margin_ends()
    {
        foreach (double confidence in (double[])[0, 0.5, 1])
        {
            using var oracle = new TinyClassifier();
            var options = new AttackOptions
            {
                Loss = new AttackLoss { DistortionWeight = 0.01, Confidence = confidence },
                Limits = new RunLimits { Iterations = 150 },
                Smoothing = Mu,
            };
            var optimizer = new ProximalOptimizer(new OptimizerSettings { Directions = 16, StepSize = 1 });
            foreach (ImageResult problem in new BlackBoxAttack(oracle, optimizer, options).Run(TinyClassifier.Images([0, 1, 2, 0])).Runs[0].Images)
            {
                double[] logits = TinyClassifier.Logits(problem.Last!.Value.Span);
                double others = logits.Where((_, k) => k != problem.Label).Max();
                (logits[problem.Label] - others).ShouldBe(-confidence, 0.01);
            }
        }
    }

    // On faces of the box, with a smoothing as wide as it, and where nothing can move.
    [Theory]
    [InlineData(0, 1e-4f)]
    [InlineData(1, 1e-4f)]
    [InlineData(0, 0.5f)]
    [InlineData(0.5f, 0.5f)]
    public void An_image_of_one_gray_is_left_for_where_the_margin_falls_and_stays_an_image(float gray, float smoothing)
    {
        const int Pixels = 30;
        var image = new float[Pixels];
        Array.Fill(image, gray);
        float[] slope = [.. Enumerable.Range(0, Pixels).Select(i => MathF.Sin((3 * i) + 1))];
        using var oracle = new DelegateOracle(Pixels, 2, (input, _, scores) =>
        {
            // More than any image can lower.
            scores[0] = 20;
            for (int i = 0; i < Pixels; i++)
            {
                scores[0] += slope[i] * (input[i] - gray);
            }

            scores[1] = 0;
        });
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { DistortionWeight = 0.01 });
        Problem problem = Run(oracle, objective, new OptimizerSettings { Directions = 10, StepSize = 10 }, 150, smoothing);

        // Every pixel ends at the face that its slope leads to.
        float[] last = problem.LastInput!.Value.ToArray();
        for (int i = 0; i < Pixels; i++)
        {
            if (Math.Abs(slope[i]) > 0.05f)
            {
                last[i].ShouldBe(slope[i] > 0 ? 0 : 1, 1e-5f, $"pixel {i}");
            }
        }

        for (int i = 0; i < Pixels; i++)
        {
            (gray + problem.Theta[i]).ShouldBeInRange(0, 1);
        }
    }

    [Fact]
    public void Where_nothing_has_a_slope_nothing_moves()
    {
        using DelegateOracle oracle = DelegateOracle.FromFunction(5, _ => 7);
        var objective = new FunctionObjective(5);
        Problem problem = Run(oracle, objective, new OptimizerSettings(), 10);
        var start = new float[5];
        objective.Initialize(problem.Key.Derive(0), start);
        problem.Theta.ToArray().ShouldBe(start);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void An_answer_that_is_no_number_is_passed_over(double answer)
    {
        var optimizer = new ProximalOptimizer(new OptimizerSettings { Directions = 3, StepSize = 1 });
        float[] theta = [1, -2];
        var state = new float[optimizer.StateLength(2)];
        for (int number = 1; number <= 60; number++)
        {
            var step = new OptimizerStep(RandomKey.FromSeed(number), number, 60, Mu, new FunctionObjective(2));
            var directions = new float[6];
            optimizer.Ask(step, theta, state, directions);
            Evaluation[] answers = [Value(0, 0), .. Enumerable.Range(0, 3).Select(row => Value(directions[2 * row], directions[(2 * row) + 1]))];
            answers[number % 4] = new Evaluation(answer, answer, false);
            optimizer.Tell(step, directions, answers, theta, state);
        }

        // θ's own answer is one of them at times: then the whole step teaches nothing.
        state.ShouldAllBe(x => float.IsFinite(x));
        Math.Sqrt((theta[0] * theta[0]) + (theta[1] * theta[1])).ShouldBeLessThan(0.1);

        Evaluation Value(double u, double v)
        {
            double loss = Math.Pow(theta[0] + (Mu * u), 2) + Math.Pow(theta[1] + (Mu * v), 2);
            return new Evaluation(loss, loss, false);
        }
    }

    private static Problem Attack(float factor, DistortionNorm norm, BoxTransform transform, EstimateKind estimate)
    {
        using var oracle = new TinyClassifier { Change = (_, _, scores) => System.Numerics.Tensors.TensorPrimitives.Multiply(scores, factor, scores) };
        var loss = new AttackLoss { Norm = norm, Transform = transform, DistortionWeight = 0.05 * factor, Confidence = 0.25 * factor };
        var objective = new AttackObjective(TinyClassifier.Images([1]).Image(0), 1, TinyClassifier.Classes, loss);
        return Run(oracle, objective, new OptimizerSettings { Directions = 6, StepSize = 1, Estimate = estimate }, 40);
    }

    private static Problem Run(IQueryOracle oracle, IObjective objective, OptimizerSettings settings, int iterations, float smoothing = Mu)
    {
        var problem = new Problem("p", objective, new ProximalOptimizer(settings), smoothing, RandomKey.FromSeed(1), new RunLimits { Iterations = iterations });
        new BatchedEngine(oracle).Run([problem]);
        return problem;
    }
}

using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>A learned proximal step that steers zo-prox, on images, and the points with fewer changed pixels that it tries.</summary>
public sealed class LearnedImageStepTests
{
    private const int Q = 12;
    private const float Smoothing = 1.0f / 1024;
    private static readonly ImageShape Shape = new(3, 5, 4);

    [Fact]
    public void With_an_output_layer_of_zeros_the_first_steps_are_those_of_zo_prox()
    {
        var learned = new Walk(new LearnedProximalOptimizer("plus", WithoutOutputs(), directions: Q), height: 300);
        var byHand = new Walk(new ProximalOptimizer(new OptimizerSettings { Directions = Q, StepSize = 600 }), height: 300);
        for (int t = 1; t <= 12; t++)
        {
            learned.Step();
            byHand.Step();
            Distance(learned.Theta, byHand.Theta).ShouldBeLessThan(1e-5, $"step {t}");
        }

        // Nothing is solved, so nothing is tried and no margin is kept.
        learned.WasSolved.ShouldBeFalse();
        learned.Theta.ShouldNotBe(new float[Shape.Length]);
    }

    [Fact]
    public void Once_the_attack_has_succeeded_a_quarter_of_the_queries_tries_points_with_fewer_changed_pixels()
    {
        var walk = new Walk(new LearnedProximalOptimizer("plus", WithoutOutputs(), directions: Q));
        int tried = 0;
        for (int t = 1; t <= 30; t++)
        {
            bool was = walk.WasSolved;
            float[] theta = walk.Theta;
            float[][] points = walk.Step();
            if (IsAside(theta, points[0]))
            {
                continue;
            }

            if (!was || t < ResetTrials.FirstStep)
            {
                // Directions are so short that no pixel returns to x0.
                points.Sum(point => Back(theta, point)).ShouldBe(0);
                continue;
            }

            points[..^(Q / 4)].Sum(point => Back(theta, point)).ShouldBe(0);
            points[^(Q / 4)..].Count(point => Back(theta, point) > 0).ShouldBeGreaterThanOrEqualTo(1);
            points[^(Q / 4)..].ShouldAllBe(point => point.All(x => Math.Abs(x) <= 0.5f + 1e-6f));
            tried++;
        }

        tried.ShouldBeGreaterThan(5);

        static int Back(float[] theta, float[] point) => theta.Zip(point).Count(pair => Math.Abs(pair.First) > 0.01f && Math.Abs(pair.Second) < 1e-5f);
    }

    [Fact]
    public void Where_its_loss_falls_no_more_theta_stays_and_a_copy_beside_it_becomes_theta_only_if_its_loss_is_lower()
    {
        var walk = new Walk(new LearnedProximalOptimizer("plus", WithoutOutputs(), directions: Q));
        int searched = 0, copies = 0;
        for (int t = 1; t <= 100; t++)
        {
            float[] theta = walk.Theta;
            float[][] points = walk.Step();
            if (!IsAside(theta, points[0]))
            {
                continue;
            }

            // The other directions start at the copy, except those that try points.
            searched++;
            points[1..^(Q / 4)].ShouldAllBe(point => !IsAside(points[0], point));
            bool isLower = walk.Losses[1] < walk.Losses[0];
            walk.Theta.SequenceEqual(theta).ShouldBe(!isLower, $"step {t}");
            copies += theta.Zip(points[0]).Count(pair => Math.Abs(pair.First) > 0.01f && Math.Abs(pair.Second) < 1e-5f) >= 2 ? 1 : 0;
        }

        searched.ShouldBeGreaterThan(30);
        copies.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Without_enough_directions_or_in_training_nothing_is_searched_beside_theta()
    {
        var few = new Walk(new LearnedProximalOptimizer("plus", WithoutOutputs(), directions: SideSearch.FewestDirections - 1));
        for (int t = 1; t <= 60; t++)
        {
            float[] theta = few.Theta;
            IsAside(theta, few.Step()[0]).ShouldBeFalse();
        }

        few.WasSolved.ShouldBeTrue();
        var optimizer = new LearnedProximalOptimizer("plus", WithoutOutputs(), directions: Q);
        var objective = Objective();
        int d = Shape.Length;
        float[] iterate = new float[d], state = new float[optimizer.StateLength(d)], rows = new float[Q * d];
        var record = new ProximalRecord(d);
        for (int t = 1; t <= 40; t++)
        {
            var step = new OptimizerStep(RandomKey.FromSeed(t), t, 40, Smoothing, objective);
            optimizer.Ask(step, iterate, state, rows);
            IsAside(new float[d], rows[..d].Select(u => Smoothing * u).ToArray()).ShouldBeFalse();

            // The same answers in every step: the loss never falls.
            Evaluation[] answers = [.. Enumerable.Range(0, Q + 1).Select(i => new Evaluation(1, i == 0 ? 0 : Smoothing * i, true))];
            optimizer.Tell(step, rows, answers, iterate, state, record);
        }
    }

    [Fact]
    public void The_directions_of_a_copy_are_those_from_there_and_the_copy_stays_in_the_box()
    {
        AttackObjective objective = Objective();
        int d = Shape.Length;
        var search = new SideSearch(new float[SideSearch.StateLength(d)], d);
        float[] theta = [.. Enumerable.Range(0, d).Select(i => i % 2 == 0 ? 0.25f : -0.5f)], u = [.. Enumerable.Range(0, d).Select(i => (float)Math.Sin(i))];
        theta.CopyTo(search.Point);
        search.Point[0] = 0;
        search.Point[1] = -0.75f;
        float[] asked = [.. new float[d], .. u], rows = new float[2 * d];
        search.Shift(theta, Smoothing, asked);
        search.Unshift(objective.Known!, theta, Smoothing, asked, rows);
        (search.Point[0], search.Point[1]).ShouldBe((0, -0.5f));
        search.Point[2..].ToArray().ShouldBe(theta[2..]);
        rows[..d].ShouldBe(search.Point.ToArray());
        Distance(rows[d..], u).ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void The_best_trial_is_the_start_of_the_step_only_if_its_loss_is_lower_than_that_of_the_iterate()
    {
        AttackObjective objective = Objective();
        var step = new OptimizerStep(RandomKey.FromSeed(1), 20, 30, Smoothing, objective);
        int d = Shape.Length;
        float[] theta = [.. Enumerable.Range(0, d).Select(i => i % 3 == 0 ? 0.25f : 0)];
        float[] rows = new float[2 * d];
        rows[d] = -0.25f / Smoothing;
        rows[d + 1] = 2 / Smoothing;
        Evaluation[] answers = [new(1, 0.5, false), new(0.1, 0.1, false), new(0.9, 0.4, false), new(0.8, -0.3, true)];

        float[] moved = [.. theta];
        ResetTrials.Accept(step, rows, answers, moved).ShouldBe(-0.3);
        (moved[0], moved[1]).ShouldBe((0, 0.5f));
        moved[2..].ShouldBe(theta[2..]);

        float[] stays = [.. theta];
        foreach (double loss in (double[])[1, 1.5, double.NaN])
        {
            answers[2] = answers[3] = new Evaluation(loss, -1, true);
            ResetTrials.Accept(step, rows, answers, stays).ShouldBe(0.5);
            stays.ShouldBe(theta);
        }
    }

    [Fact]
    public void Only_an_attack_that_minimizes_the_l1_norm_tries_such_points()
    {
        Count(new AttackLoss()).ShouldBe(Q / 4);
        Count(new AttackLoss { Norm = DistortionNorm.L2 }).ShouldBe(0);
        Count(new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.1 }).ShouldBe(0);
        Count(new AttackLoss { Transform = BoxTransform.Tanh }).ShouldBe(0);
        Count(new AttackLoss { DistortionWeight = 0 }).ShouldBe(0);
        Count(new AttackLoss(), number: ResetTrials.FirstStep - 1).ShouldBe(0);
        Count(new AttackLoss(), wasSolved: false).ShouldBe(0);

        static int Count(AttackLoss loss, int number = ResetTrials.FirstStep, bool wasSolved = true) => ResetTrials.Count(
            new OptimizerStep(RandomKey.FromSeed(1), number, 100, Smoothing, new AttackObjective(new float[Shape.Length], 0, 2, loss) { Shape = Shape }), Q, wasSolved);
    }

    [Fact]
    public void The_losss_scale_changes_no_bit()
    {
        float[] expected = Run(1);
        foreach (float factor in (float[])[1 / 64f, 4, 1024])
        {
            Bits.MustEqual(Run(factor), expected, $"loss times {factor}");
        }

        static float[] Run(float factor)
        {
            var walk = new Walk(new LearnedProximalOptimizer("plus", Models.DrawProximal(scale: 0.02f) with { SeesImages = true }, directions: Q), factor);
            for (int t = 0; t < 25; t++)
            {
                walk.Step();
            }

            walk.WasSolved.ShouldBeTrue();
            return walk.Theta;
        }
    }

    [Fact]
    public void On_what_is_no_image_it_is_the_plain_step()
    {
        LearnedModel model = Models.DrawProximal();
        var objective = new BentObjective(40, null);
        var plain = new ProximalRun(new LearnedProximalOptimizer("plus", model), objective).Go(8);
        var images = new ProximalRun(new LearnedProximalOptimizer("plus", model with { SeesImages = true }), objective).Go(8);
        Bits.MustEqual(images.Theta, plain.Theta, "theta");
        new LearnedProximalOptimizer("plus", model with { SeesImages = true }).Shape.ShouldBeNull();
    }

    [Fact]
    public void Only_a_proximal_step_sees_images() =>
        Should.Throw<ArgumentException>(() => Models.Draw() with { SeesImages = true }).Message.ShouldStartWith("Only a proximal step sees images; this model is of the Paper kind.");

    private static LearnedModel WithoutOutputs()
    {
        RnnWeights weights = Models.DrawProximal().Update;
        float[] values = [.. weights.Values];
        values.AsSpan(4 * weights.Hidden * (weights.Inputs + weights.Hidden + 1)).Clear();
        return new LearnedModel(weights.With(values)) { SeesImages = true };
    }

    // Directions move a pixel by a hundredth or so.
    private static bool IsAside(float[] theta, float[] point) => Distance(theta, point) > 0.05;

    private static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    private static AttackObjective Objective(double factor = 1)
    {
        var image = new float[Shape.Length];
        Array.Fill(image, 0.5f);
        return new AttackObjective(image, 0, 2, new AttackLoss { DistortionWeight = 0.05 * factor }) { Shape = Shape };
    }

    /// <summary>An attack on a margin that is bent, so that no linear model is exact.</summary>
    private sealed class Walk(IZerothOrderOptimizer optimizer, float factor = 1, float height = 3)
    {
        private readonly StepDriver _driver = new(Objective(factor), optimizer, Smoothing, RandomKey.FromSeed(2), 100);

        public float[] Theta => _driver.Theta.ToArray();

        public bool WasSolved { get; private set; }

        /// <summary>The losses of the last step, the first at θ.</summary>
        public double[] Losses { get; private set; } = [];

        /// <summary>Makes a step.</summary>
        /// <returns>The queried points besides θ.</returns>
        public float[][] Step()
        {
            int d = Shape.Length;
            var points = new float[_driver.Rows][];
            Losses = new double[_driver.Rows];
            _driver.Ask();
            for (int row = 0; row < _driver.Rows; row++)
            {
                float[] point = new float[d], input = new float[d];
                _driver.WritePoint(row, point);
                _driver.WriteRow(row, new float[d], input);
                points[row] = point;
                Evaluation answer = _driver.Answer(row, input, [factor * (height + Bend(input)), 0]);
                WasSolved |= answer.Solved;
                Losses[row] = answer.Loss;
            }

            _driver.Tell();
            return points[1..];
        }

        private static float Bend(float[] input)
        {
            double sum = 0;
            for (int i = 0; i < input.Length; i++)
            {
                double change = input[i] - 0.5, slope = 2 * Math.Sin(i + 1);
                sum += (slope * change) + (change * change);
            }

            return (float)sum;
        }
    }
}

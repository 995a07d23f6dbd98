using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Objectives;

public sealed class AttackObjectiveTests
{
    private const int Pixels = 23;
    private const int Classes = 5;
    private const int Label = 3;

    public static TheoryData<int?, DistortionNorm, BoxTransform, ScoreKind, double> Losses
    {
        get
        {
            var data = new TheoryData<int?, DistortionNorm, BoxTransform, ScoreKind, double>();
            foreach (int? target in (int?[])[null, 1])
            {
                foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
                {
                    foreach (BoxTransform transform in Enum.GetValues<BoxTransform>())
                    {
                        foreach (ScoreKind kind in Enum.GetValues<ScoreKind>())
                        {
                            data.Add(target, norm, transform, kind, 0);
                            data.Add(target, norm, transform, kind, 1.5);
                        }
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_loss_is_Eq_6_in_float64(int? target, DistortionNorm norm, BoxTransform transform, ScoreKind kind, double confidence)
    {
        const double Weight = 0.25;
        var random = new Random(1);
        for (int repeat = 0; repeat < 30; repeat++)
        {
            float[] image = [.. Enumerable.Range(0, Pixels).Select(_ => random.NextSingle())];
            float[] theta = [.. Enumerable.Range(0, Pixels).Select(_ => (random.NextSingle() * 4) - 2)];
            double[] logits = [.. Enumerable.Range(0, Classes).Select(_ => (random.NextDouble() * 8) - 4)];
            var loss = new AttackLoss { Norm = norm, DistortionWeight = Weight, Confidence = confidence, Target = target, Transform = transform, Scores = kind };
            var objective = new AttackObjective(image, Label, Classes, loss);
            var input = new float[Pixels];
            objective.Decode(theta, input);
            Evaluation evaluation = objective.Evaluate(input, Scores(logits, kind));

            double[] x = [.. theta.Select((t, i) => transform == BoxTransform.Clip ? Math.Clamp((double)image[i] + t, 0, 1) : (Math.Tanh(t) + 1) / 2)];
            double[] change = [.. x.Select((value, i) => Math.Abs(value - image[i]))];
            double distortion = norm switch
            {
                DistortionNorm.L1 => change.Sum(),
                DistortionNorm.L2 => Math.Sqrt(change.Sum(c => c * c)),
                _ => change.Max(),
            };
            int pivot = target ?? Label;
            double others = logits.Where((_, j) => j != pivot).Max();
            double margin = target is null ? logits[pivot] - others : others - logits[pivot];
            double whole = Math.Max(margin, -confidence) + (Weight * distortion);

            evaluation.Loss.ShouldBe(whole, 2e-5);

            // The margin itself, also below −κ; behind tanh nothing is known apart from it.
            evaluation.Queried.ShouldBe(transform == BoxTransform.Clip ? margin : whole, 2e-5);
            evaluation.Solved.ShouldBe(margin < 0);
            objective.Distortion(input).ShouldBe(distortion, 1e-5);
        }
    }

    [Theory]
    [InlineData(DistortionNorm.L1, 0)]
    [InlineData(DistortionNorm.L2, 1.5)]
    [InlineData(DistortionNorm.LInfinity, 100)]
    public void The_known_term_makes_the_loss_of_what_had_to_be_asked(DistortionNorm norm, double confidence)
    {
        var random = new Random(2);
        float[] image = [.. Enumerable.Range(0, Pixels).Select(_ => random.NextSingle())];
        var objective = new AttackObjective(image, Label, Classes, new AttackLoss { Norm = norm, DistortionWeight = 0.7, Confidence = confidence });
        KnownTerm known = objective.Known!;
        (known.Floor, known.Weight, known.Norm).ShouldBe((-confidence, 0.7, norm));
        for (int repeat = 0; repeat < 30; repeat++)
        {
            // Far beyond the box at times.
            float[] theta = [.. Enumerable.Range(0, Pixels).Select(_ => ((random.NextSingle() * 2) - 1) * repeat / 10)];
            var input = new float[Pixels];
            objective.Decode(theta, input);
            Evaluation evaluation = objective.Evaluate(input, new float[] { 0, 0, 0, repeat - 15, 0 });

            double[] change =
            [
                .. theta.Select((t, i) => Math.Abs(Math.Clamp((double)t, known.Lower.Span[i], known.Upper.Span[i]) - known.Center.Span[i])),
            ];
            double expected = norm switch
            {
                DistortionNorm.L1 => change.Sum(),
                DistortionNorm.L2 => Math.Sqrt(change.Sum(c => c * c)),
                _ => change.Max(),
            };
            evaluation.Queried.ShouldBe(repeat - 15);
            evaluation.Loss.ShouldBe(Math.Max(evaluation.Queried, known.Floor) + (known.Weight * expected), 1e-5);
        }
    }

    [Fact]
    public void Behind_tanh_nothing_is_known_in_closed_form() =>
        new AttackObjective(new float[4], 0, 2, new AttackLoss { Transform = BoxTransform.Tanh }).Known.ShouldBeNull();

    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void Whatever_theta_is_the_image_stays_between_0_and_1(BoxTransform transform)
    {
        float[] extremes = [0, -0f, 1e-30f, -1e-30f, 0.5f, -0.5f, 3, -3, 9.5f, -9.5f, 100, -100, 1e30f, -1e30f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity];
        foreach (float pixel in (float[])[0, 1 / 255f, 0.5f, 254 / 255f, 1])
        {
            float[] image = [.. extremes.Select(_ => pixel)];
            var input = new float[image.Length];
            new AttackObjective(image, 0, 2, new AttackLoss { Transform = transform }).Decode(extremes, input);
            input.ShouldAllBe(x => x >= 0 && x <= 1);
        }
    }

    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void The_start_rounds_to_the_original_in_8_bits_for_every_gray_level(BoxTransform transform)
    {
        float[] image = [.. Enumerable.Range(0, 256).Select(level => level / 255f)];
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { Transform = transform });
        for (int seed = 0; seed < 50; seed++)
        {
            var theta = new float[256];
            var input = new float[256];
            objective.Initialize(RandomKey.FromSeed(seed), theta);
            objective.Decode(theta, input);
            PixelBuffer.RoundTo8Bit(input);
            input.ShouldBe(image);
        }
    }

    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void A_start_depends_on_its_key_alone(BoxTransform transform)
    {
        var image = new float[9];
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { Transform = transform });
        Start(1).ShouldBe(Start(1));
        Start(1).ShouldNotBe(Start(2));

        float[] Start(int seed)
        {
            var theta = new float[9];
            objective.Initialize(RandomKey.FromSeed(seed), theta);
            return theta;
        }
    }

    [Fact]
    public void A_tie_is_not_yet_another_class()
    {
        var objective = new AttackObjective(new float[1], 0, 2, new AttackLoss());
        objective.Evaluate(new float[1], new float[] { 2, 2 }).Solved.ShouldBeFalse();
        objective.Evaluate(new float[1], new float[] { 2, MathF.BitIncrement(2) }).Solved.ShouldBeTrue();
        var targeted = new AttackObjective(new float[1], 0, 3, new AttackLoss { Target = 2 });
        targeted.Evaluate(new float[1], new float[] { 1, 5, 5 }).Solved.ShouldBeFalse();
        targeted.Evaluate(new float[1], new float[] { 1, 6, 5 }).Solved.ShouldBeFalse();
        targeted.Evaluate(new float[1], new float[] { 1, 4, 5 }).Solved.ShouldBeTrue();
    }

    [Fact]
    public void Probabilities_of_0_keep_the_margin_finite()
    {
        var objective = new AttackObjective(new float[1], 0, 2, new AttackLoss { Scores = ScoreKind.Probabilities });
        objective.Margin(new float[] { 1, 0 }).ShouldBeInRange(80, 90);
        objective.Margin(new float[] { 0, 1 }).ShouldBeInRange(-90, -80);
    }

    [Theory]
    [InlineData(0.3, 2.5)]
    [InlineData(-7, -6.5)]
    [InlineData(9, -12)]
    public void A_margin_of_independent_probabilities_is_that_of_their_logits(double own, double other)
    {
        var objective = new AttackObjective(new float[1], 0, 2, new AttackLoss { Scores = ScoreKind.IndependentProbabilities });
        objective.Margin(new float[] { Sigmoid(own), Sigmoid(other) }).ShouldBe(own - other, 2e-3 * Math.Abs(own - other));

        static float Sigmoid(double z) => (float)(1 / (1 + Math.Exp(-z)));
    }

    [Fact]
    public void Independent_probabilities_of_0_and_1_keep_the_margin_finite_and_the_order()
    {
        var objective = new AttackObjective(new float[1], 0, 2, new AttackLoss { Scores = ScoreKind.IndependentProbabilities });
        objective.Margin(new float[] { 1, 0 }).ShouldBeInRange(90, 110);
        objective.Margin(new float[] { 1, MathF.BitDecrement(1) }).ShouldBeGreaterThan(0);
        objective.Margin(new float[] { 1, 1 }).ShouldBe(0);
    }

    [Theory]
    [InlineData(10, null, "label 10 is outside 0..4 for a model with 5 classes")]
    [InlineData(-1, null, "label -1 is outside 0..4 for a model with 5 classes")]
    [InlineData(0, 5, "Target 5 is outside 0..4 for a model with 5 classes")]
    [InlineData(2, 2, "Target class 2 is the image's true class; choose another.")]
    public void Classes_that_make_no_attack_are_refused(int label, int? target, string sentence) =>
        Should.Throw<ArgumentException>(() => new AttackObjective(new float[4], label, 5, new AttackLoss { Target = target })).Message.ShouldContain(sentence);

    [Fact]
    public void An_image_without_pixels_is_refused() =>
        Should.Throw<ArgumentException>(() => new AttackObjective(default, 0, 2, new AttackLoss())).ParamName.ShouldBe("image");

    [Fact]
    public void Weights_below_0_and_not_finite_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { DistortionWeight = -0.1 });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { DistortionWeight = double.NaN });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Confidence = double.PositiveInfinity });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Confidence = -1 });
    }

    private static float[] Scores(double[] logits, ScoreKind kind)
    {
        double sum = logits.Sum(Math.Exp);
        return kind switch
        {
            ScoreKind.Logits => [.. logits.Select(z => (float)z)],
            ScoreKind.LogProbabilities => [.. logits.Select(z => (float)(z - Math.Log(sum)))],
            ScoreKind.IndependentProbabilities => [.. logits.Select(z => (float)(1 / (1 + Math.Exp(-z))))],
            _ => [.. logits.Select(z => (float)(Math.Exp(z) / sum))],
        };
    }
}

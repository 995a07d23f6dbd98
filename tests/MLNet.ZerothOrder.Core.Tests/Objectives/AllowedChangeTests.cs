using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Objectives;

public sealed class AllowedChangeTests
{
    private sealed record Case(DistortionNorm Norm, double Epsilon, float[] Image, float[] Change);

    [Fact]
    public void A_decoded_image_is_inside_the_ball_and_the_box_as_it_is_measured() => Prop.ForAll(Cases(), test =>
    {
        var input = new float[test.Image.Length];
        Objective(test).Decode(test.Change, input);
        input.ShouldAllBe(pixel => pixel >= 0 && pixel <= 1);
        Objective(test).Distortion(input).ShouldBeLessThanOrEqualTo(test.Epsilon);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_random_point_of_ball_and_box_is_nearer_than_the_projection() => Prop.ForAll(Cases(), test =>
    {
        float[] projected = [.. test.Change];
        Objective(test).Project(projected);
        double distance = SimdKernels.L2Distance(projected, test.Change);
        var random = new Random(test.Image.Length);
        var input = new float[test.Image.Length];
        for (int trial = 0; trial < 50; trial++)
        {
            // A point near the projection, made an allowed one.
            float[] other = [.. projected.Select(x => x + (float)((random.NextDouble() - 0.5) * 0.1 * test.Epsilon))];
            Objective(test).Decode(other, input);
            other = [.. input.Select((pixel, i) => pixel - test.Image[i])];
            SimdKernels.L2Distance(other, test.Change).ShouldBeGreaterThanOrEqualTo((distance * (1 - 1e-3)) - 1e-6);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_allowed_change_stays_as_it_is() => Prop.ForAll(Cases(), test =>
    {
        float[] once = [.. test.Change];
        Objective(test).Project(once);
        float[] twice = [.. once];
        Objective(test).Project(twice);
        for (int i = 0; i < once.Length; i++)
        {
            // Floats round a change to just outside the ball, and in l1 every pixel then falls by the same amount.
            Math.Abs((double)twice[i] - once[i]).ShouldBeLessThanOrEqualTo(1e-6 * (Math.Abs(once[i]) + test.Epsilon));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_a_sparse_change_the_largest_pixels_over_all_channels_are_kept()
    {
        var objective = new AttackObjective(Enumerable.Repeat(0.5f, 6).ToArray(), 0, 2, new AttackLoss { Pixels = 1 }) { Shape = new(2, 1, 3) };
        float[] change = [0.3f, 0.2f, 0, 0, 0.2f, -0.1f];
        objective.Project(change);
        change.ShouldBe([0, 0.2f, 0, 0, 0.2f, 0]);
    }

    [Fact]
    public void In_a_ball_the_loss_is_the_margin_and_by_labels_it_is_the_distance_of_another_class()
    {
        float[] image = [0.5f, 0.5f], moved = [0.6f, 0.5f];
        new AttackObjective(image, 0, 2, new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.2 }).Evaluate(moved, [3, 1]).ShouldBe(new Evaluation(2, 2, false, 2));
        var labels = new AttackObjective(image, 0, 2, new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.2, LabelsOnly = true });
        labels.Evaluate(moved, [3, 1]).ShouldBe(new Evaluation(1, 1, false));
        labels.Evaluate(moved, [1, 3]).ShouldBe(new Evaluation((double)0.6f - 0.5f, -1, true, Flagged: true));
        labels.Evaluate([0.9f, 0.5f], [1, 3]).ShouldBe(new Evaluation((double)0.9f - 0.5f, -1, false, Flagged: true));
    }

    private static AttackObjective Objective(Case test) => new(test.Image, 0, 2, new AttackLoss { Norm = test.Norm, Epsilon = test.Epsilon });

    private static Arbitrary<Case> Cases() =>
        (from norm in Gen.Elements(DistortionNorm.LInfinity, DistortionNorm.L2, DistortionNorm.L1)
         from epsilon in Gen.Elements(1e-6, 1 / 255.0, 8 / 255.0, 0.1, 0.3, 1.0)
         from length in Gen.Choose(1, 40)
         from pixels in Gen.ArrayOf(Gen.OneOf(Gen.Elements(0f, 1f), Gen.Choose(0, 1_000_000).Select(n => n / 1e6f)), length)
         from scale in Gen.Elements(1e-3f, 1f, 1e6f)
         from change in Gen.ArrayOf(Gen.Choose(-1_000_000, 1_000_000).Select(n => n / 1e6f), length)
         select new Case(norm, epsilon, pixels, [.. change.Select(x => x * scale)])).ToArbitrary();
}

using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class PriorInputTests
{
    [Fact]
    public void Too_few_images_or_images_of_another_size_are_refused()
    {
        using var oracle = new DelegateOracle(16, 3, (_, _, scores) => scores.Clear());

        Should.Throw<InputException>(() => Training(oracle, 19, 4)).Message.ShouldContain("19 images, but a prior needs at least 20");
        Should.Throw<InputException>(() => Training(oracle, 20, 5)).Message.ShouldContain("25 pixels, the model takes 16");
    }

    [Fact]
    public void A_model_whose_scores_are_all_equal_teaches_nothing()
    {
        using var oracle = new DelegateOracle(16, 3, (_, _, scores) => scores.Fill(7));

        Should.Throw<InputException>(() => Training(oracle, 20, 4).Run(null, null, null, default)).Message.ShouldContain("nothing to learn");
    }

    [Fact]
    public void Options_outside_their_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new PriorOptions { Budget = 19 });
        Should.Throw<ArgumentOutOfRangeException>(() => new PriorOptions { Epochs = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new PriorOptions { LearningRate = double.NaN });
    }

    [Theory]
    [InlineData(20)]
    [InlineData(30)]
    [InlineData(75)]
    public void Every_query_is_of_a_given_image_and_half_of_them_have_noise(int budget)
    {
        var seen = new List<float[]>();
        using var oracle = new DelegateOracle(16, 3, (input, _, scores) =>
        {
            lock (seen)
            {
                seen.Add(input.ToArray());
            }

            (scores[0], scores[1], scores[2]) = (1, 2, 0);
        });

        Training(oracle, 30, 4, budget).Run(null, null, null, default);

        seen.Count.ShouldBe(budget);
        int clean = seen.Count(image => image.Distinct().Count() == 1);
        clean.ShouldBe((budget + 1) / 2);
        seen.Where(image => image.Distinct().Count() == 1).Distinct().Select(image => image[0]).GroupBy(pixel => pixel).Max(same => same.Count()).ShouldBeLessThanOrEqualTo((budget + 29) / 30);
    }

    private static PriorTraining Training(IQueryOracle oracle, int images, int side, int budget = 20)
    {
        float[] pixels = [.. Enumerable.Range(0, images).SelectMany(i => Enumerable.Repeat((i + 0.5f) / images, side * side))];
        return new PriorTraining(oracle, new ImageSet("made", new ImageShape(1, side, side), pixels, new int[images]), new PriorOptions { Budget = budget, Epochs = 1 }, new Idle());
    }

    /// <summary>Learns nothing.</summary>
    private sealed class Idle : IStudentBackend
    {
        public double Run(
            StudentNetwork network, ReadOnlySpan<float> weights, ReadOnlySpan<float> images, ReadOnlySpan<float> wanted, bool labels, Span<float> scores, Span<float> gradient)
        {
            scores.Clear();
            gradient.Clear();
            return 1;
        }
    }
}

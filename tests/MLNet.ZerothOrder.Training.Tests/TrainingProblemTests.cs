using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TrainingProblemTests
{
    [Theory]
    [InlineData(2, null, 1)]
    [InlineData(9, null, 1)]
    [InlineData(50, null, 10)]
    [InlineData(300, null, 20)]
    [InlineData(9, 4, 4)]
    public void The_last_problems_validate(int count, int? validation, int expected)
    {
        (TrainingProblem[] problems, TrainingProblem[] validating) = TrainingProblem.Split(Correct(count), 2, new AttackLoss(), validation);

        problems.Concat(validating).Select(p => p.Id).ShouldBe(Enumerable.Range(0, count).Select(i => $"image {i}"));
        validating.Length.ShouldBe(expected);
    }

    [Theory]
    [InlineData(0, null, "The model classifies none of the 0 images correctly, and 1 of them")]
    [InlineData(1, null, "The model classifies 1 of 1 images correctly, and 1 of them")]
    [InlineData(5, 5, "The model classifies 5 of 5 images correctly, and 5 of them")]
    public void A_split_that_leaves_none_to_learn_on_is_refused(int count, int? validation, string says) =>
        Should.Throw<InputException>(() => TrainingProblem.Split(Correct(count), 2, new AttackLoss(), validation)).Message.ShouldStartWith(says);

    [Fact]
    public void Drawn_weights_of_the_distortion_cover_their_range_evenly_by_logarithm_also_in_the_validation()
    {
        (TrainingProblem[] problems, TrainingProblem[] validating) = TrainingProblem.Split(
            Correct(80), 2, new AttackLoss { DistortionWeight = 0.8 }, 16, smallestWeight: 0.05);

        foreach (TrainingProblem[] part in (TrainingProblem[][])[problems, validating])
        {
            double[] weights = [.. part.Select(p => p.Objective.Known!.Weight)];
            weights.ShouldAllBe(c => c >= 0.05 && c <= 0.8);

            // Each factor of 2 has a quarter of the images, up to two.
            for (double from = 0.05; from < 0.79; from *= 2)
            {
                weights.Count(c => c >= from && c < 2 * from).ShouldBeInRange((part.Length / 4) - 2, (part.Length / 4) + 2);
            }
        }

        TrainingProblem.Split(Correct(9), 2, new AttackLoss { DistortionWeight = 0.8 }).Training.ShouldAllBe(p => p.Objective.Known!.Weight == 0.8);
    }

    private static CorrectImages Correct(int count)
    {
        using var oracle = new DelegateOracle(1, 2, static (_, _, scores) =>
        {
            scores[0] = 1;
            scores[1] = 0;
        });
        return CorrectImages.Find(oracle, new ImageSet(
            "zeros", new ImageShape(1, 1, 1), new float[count], new int[count], [.. Enumerable.Range(0, count).Select(i => $"{i}")]));
    }
}

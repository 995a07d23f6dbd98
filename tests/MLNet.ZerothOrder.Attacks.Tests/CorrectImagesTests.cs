using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class CorrectImagesTests
{
    // The class is whether the pixel is bright; images 1 and 4 are labelled wrong.
    private static readonly ImageSet Images = new(
        "six", new ImageShape(1, 1, 1), [0.1f, 0.2f, 0.9f, 0.3f, 0.8f, 0.7f], [0, 1, 1, 0, 0, 1], ["a", "b", "c", "d", "e", "f"]);

    [Fact]
    public void The_first_correct_images_are_taken_and_no_image_is_asked_after_them()
    {
        int asked = 0;
        using DelegateOracle oracle = Oracle(() => asked++);

        var two = CorrectImages.Find(oracle, Images, 2);

        two.Indices.ShouldBe([0, 2]);
        two.Skipped.Select(s => (s.Index, s.Name, s.Label, s.Predicted, s.Reason)).ShouldBe([(1, "b", 1, 0, "misclassified")]);
        (two.Queries, asked).ShouldBe((3, 3));
        two.Images.ImageName(1).ShouldBe("c");
        two.Summary.ShouldBe("The model classifies 2 of 3 images correctly");
        two.Scores.ShouldBe(ScoreKind.Probabilities);
    }

    [Fact]
    public void All_correct_images_but_those_of_the_target_class_are_taken_without_a_count()
    {
        using DelegateOracle oracle = Oracle();

        CorrectImages.Find(oracle, Images).Indices.ShouldBe([0, 2, 3, 5]);
        var targeted = CorrectImages.Find(oracle, Images, target: 0);
        targeted.Indices.ShouldBe([2, 5]);
        targeted.Skipped.Select(s => s.Reason).ShouldBe(["of the target class", "misclassified", "of the target class", "misclassified"]);
    }

    [Fact]
    public void An_image_that_the_classifier_fails_on_is_skipped_or_ends_the_search()
    {
        using DelegateOracle oracle = Oracle(failAt: 0.9f);

        var some = CorrectImages.Find(oracle, Images, failedCalls: 10);

        some.Indices.ShouldBe([0, 3, 5]);
        some.Failure.ShouldNotBeNull();
        some.Skipped[1].Predicted.ShouldBe(-1);
        Should.Throw<OracleException>(() => CorrectImages.Find(oracle, Images));
    }

    private static DelegateOracle Oracle(Action? onRow = null, float failAt = -1) => new(1, 2, (input, _, scores) =>
    {
        onRow?.Invoke();
        scores[1] = input[0] == failAt ? float.NaN : input[0];
        scores[0] = 1 - scores[1];
    });
}

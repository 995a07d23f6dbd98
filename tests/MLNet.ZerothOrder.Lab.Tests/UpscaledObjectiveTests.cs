using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Lab;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class UpscaledObjectiveTests
{
    [Fact]
    public void An_enlarged_perturbation_of_the_images_size_is_the_perturbation()
    {
        ImageSet digits = GeneratedDigits.Create(1);
        var attack = new AttackObjective(digits.Image(0), digits.Label(0), 10, new AttackLoss());
        var whole = new UpscaledObjective(attack, 28, 28, 28, 28);
        var theta = new float[784];
        whole.Initialize(RandomKey.FromSeed(2), theta);
        float[] expected = new float[784], seen = new float[784];
        attack.Decode(theta, expected);
        whole.Decode(theta, seen);

        seen.ShouldBe(expected);
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(14, 28)]
    [InlineData(21, 28)]
    public void Enlarging_keeps_linear_slopes_away_from_the_edges(int height, int width)
    {
        var image = new float[784];
        Array.Fill(image, 0.5f);
        var small = new UpscaledObjective(new AttackObjective(image, 0, 10, new AttackLoss()), height, width, 28, 28);
        small.Dimension.ShouldBe(height * width);

        // A plane in image coordinates, sampled at the small pixels' centres.
        float Plane(double y, double x) => (float)((0.004 * y) - (0.006 * x));
        float[] theta = [.. from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) select Plane((y + 0.5) * 28 / height, (x + 0.5) * 28 / width)];
        var input = new float[784];
        small.Decode(theta, input);
        for (int y = 4; y < 24; y++)
        {
            for (int x = 4; x < 24; x++)
            {
                ((double)input[(y * 28) + x]).ShouldBe(0.5 + Plane(y + 0.5, x + 0.5), 1e-5);
            }
        }
    }
}

using System.Globalization;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TuneThresholdsTests
{
    [Fact]
    public void Tuned_weights_raise_the_macro_F1_of_rows_that_neither_model_nor_tuner_saw_and_the_page_shows_the_same_lines()
    {
        string[] lines = Sample.Run("TuneThresholds").Split('\n');

        (double before, double after) = Numbers(lines, "held-out rows");
        after.ShouldBeGreaterThan(before + 0.02);
        (before, after) = Numbers(lines, "validation rows");
        after.ShouldBeGreaterThan(before + 0.02);

        // Other processors may round the last digit otherwise.
        string[] shown = Sample.Read("TuneThresholds", "README.md").Split('\n');
        shown.Select(line => line.Trim()).ShouldContain(lines[1]);
        foreach (string name in (string[])["validation rows", "held-out rows"])
        {
            Numbers(shown, name).Before.ShouldBe(Numbers(lines, name).Before, 0.01);
            Numbers(shown, name).After.ShouldBe(Numbers(lines, name).After, 0.03);
        }
    }

    private static (double Before, double After) Numbers(string[] lines, string name)
    {
        string[] words = lines.Single(line => line.TrimStart().StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (double.Parse(words[^2], CultureInfo.InvariantCulture), double.Parse(words[^1], CultureInfo.InvariantCulture));
    }
}

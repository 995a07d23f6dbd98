using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class CreditRiskTests
{
    [Fact]
    public void It_tells_what_can_change_how_often_a_decision_turns_and_what_would_have_to_change()
    {
        string[] lines = Sample.Run("CreditRisk", "100").Split('\n');
        lines.ShouldContain("Age: cannot change");
        lines.ShouldContain("Job: one of employed, none, self-employed");
        lines.ShouldContain("YearsEmployed ≤ Age");
        lines.ShouldContain(line => line.StartsWith("  Age changes in 0 of ", StringComparison.Ordinal));
        lines.Single(line => line.Contains("can be turned", StringComparison.Ordinal)).ShouldMatch(@"^\d+ of 100 decisions are right\. \d+ of them can be turned: \d+\.\d ?% \(95 % interval ");
        string[] answers = lines[(Array.IndexOf(lines, "What would have to change:") + 1)..];
        answers.Length.ShouldBe(3);
        answers.ShouldAllBe(line => line.StartsWith("  Application ", StringComparison.Ordinal) && line.Contains(" → ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_number_is_one_sentence_and_exit_code_2()
    {
        (int code, _, string error) = Sample.Try("CreditRisk", Environment.CurrentDirectory, "many");
        code.ShouldBe(2);
        error.Trim().ShouldBe("'many' is no number of rows from 50 on; give one, or nothing for 500.");
    }
}

using System.Text.RegularExpressions;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class MLNetPipelineTests
{
    [Fact]
    public void ApplyOnnxModel_agrees_and_another_process_loads_the_same_attack()
    {
        string saved = Path.Combine(Path.GetTempPath(), $"attack-{Guid.NewGuid():N}.zip");
        try
        {
            string output = Sample.Run("MLNetPipeline", "20", "15", saved);
            output.ShouldContain("ApplyOnnxModel agrees on 20 of 20 rows");
            Match wrong = Regex.Match(output, @"(\d+) of (\d+) adversarial rows are misclassified");
            wrong.Groups[1].Value.ShouldBe(wrong.Groups[2].Value);
            int.Parse(wrong.Groups[1].Value).ShouldBeGreaterThan(10);
            output.ShouldContain("Transform / Run = ");

            string hash = Regex.Match(output, "adversarial rows ([0-9a-f]{16})").Groups[1].Value;
            Sample.Run("MLNetPipeline", "load", saved, "20").ShouldBe($"Loaded; adversarial rows {hash}");
        }
        finally
        {
            File.Delete(saved);
        }
    }
}

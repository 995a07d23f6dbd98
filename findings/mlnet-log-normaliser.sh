#!/usr/bin/env bash
# ML.NET 5.0.1: NormalizeLogMeanVariance without its distribution function takes no logarithm of the values.
#
# With useCdf: false it should give (ln x - m) / s, with the mean m and the deviation s of the logarithms. It gives (x - m) / s: the statistics are the logarithms' and the value is not. Of 1, 2, 4, 8, ... 1024 the last becomes 466 where 1.58 is right,
# and equal ratios do not become equal steps. With useCdf: true, the default, the logarithm is taken.
# Surprising because the setting is there to choose between the standardised logarithm and its normal distribution function, as in NormalizeMeanVariance, and because the answer mixes two scales without an error.
# Who meets it: prices, incomes, counts and lengths, for which the normaliser is made: they come out with their long tail. Exported to ONNX the model does the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(1);
float[] values = Enumerable.Range(0, 11).Select(i => MathF.Pow(2, i)).ToArray();
IDataView rows = ml.Data.LoadFromEnumerable(values.Select(value => new Row { Value = value }).ToArray());
float[] Normalised(bool useCdf) => [.. ml.Transforms.NormalizeLogMeanVariance("Value", fixZero: false, useCdf: useCdf).Fit(rows).Transform(rows).GetColumn<float>("Value")];
float[] plain = Normalised(false), distribution = Normalised(true);
double mean = values.Average(value => Math.Log(value)), deviation = Math.Sqrt(values.Average(value => Math.Pow(Math.Log(value) - mean, 2)));
bool mixed = true, right = true;
for (int i = 0; i < values.Length; i++)
{
    double standardised = (Math.Log(values[i]) - mean) / deviation;
    Console.WriteLine($"{values[i]}: without the distribution function {plain[i]:F3}, (ln x - m) / s is {standardised:F3}, (x - m) / s is {(values[i] - mean) / deviation:F3}; with it {distribution[i]:F3}");
    mixed &= Math.Abs(plain[i] - (values[i] - mean) / deviation) < 0.02 * (1 + Math.Abs(plain[i]));
    right &= i == 0 || distribution[i] > distribution[i - 1] && distribution[5] is > 0.45f and < 0.55f;
}

return mixed && right && plain[10] > 100 ? 0 : 1;

class Row
{
    public float Value { get; set; }
}
END
dotnet run app.cs

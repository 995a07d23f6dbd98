#!/usr/bin/env bash
# ML.NET 5.0.1: NormalizeRobustScaling divides by a part of the whole range, from the smallest to the largest value, so one outlier decides the scale.
#
# The numbers 1 to 100 are divided by 49.5, the distance between their quartiles. With 1,000,000 in place of 100 that distance is the same, and ML.NET divides by 499,999.5, half of the whole range: all numbers but one become 0.0000 or
# 0.0001. With the quantiles 10 and 90 it is 0.8 of the range.
# Surprising because the transform is described as robust to outliers, takes the quantiles as arguments, and is right for evenly spread data, on which one would test it. Its centre, the median, is robust.
# Who meets it: columns with a few wrong or extreme values, for which the transform is chosen.
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
double Divisor(float[] values, uint low, uint high)
{
    IDataView rows = ml.Data.LoadFromEnumerable(values.Select(value => new Row { Value = value }).ToArray());
    float[] scaled = [.. ml.Transforms.NormalizeRobustScaling("Value", quantileMin: low, quantileMax: high).Fit(rows).Transform(rows).GetColumn<float>("Value")];
    return (values[^1] - values[0]) / (double)(scaled[^1] - scaled[0]);
}

double Quantile(float[] values, double share)
{
    float[] sorted = [.. values.Order()];
    double position = share * (sorted.Length - 1);
    int below = Math.Min((int)position, sorted.Length - 2);
    return sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]);
}

bool same = true;
float[] even = Enumerable.Range(1, 99).Select(i => (float)i).ToArray();
foreach (float outlier in new[] { 100f, 1e6f })
{
    float[] values = [.. even, outlier];
    foreach ((uint low, uint high) in new[] { (25u, 75u), (10u, 90u) })
    {
        double divisor = Divisor(values, low, high), distance = Quantile(values, high / 100.0) - Quantile(values, low / 100.0), part = (high - low) / 100.0 * (outlier - 1);
        Console.WriteLine($"1 to 99 and {outlier}, quantiles {low} and {high}: divided by {divisor:F1}; distance of the quantiles {distance:F1}, part of the range {part:F1}");
        same &= Math.Abs(divisor / part - 1) < 0.02;
    }
}

return same ? 0 : 1;

class Row
{
    public float Value { get; set; }
}
END
dotnet run app.cs

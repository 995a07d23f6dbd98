#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: samples of a NegativeBinomial come from another distribution.
#
# The number of failures before the third success, with a success rate of 0.4, has the mean 4.5 and the variance 11.25, and so say Mean, Variance and the sum of Probability of the same object. 50,000 samples have the mean
# 7.5 and the variance 26 (7.5 is r / p). They are those of a Poisson variable whose rate is drawn from a gamma distribution, as is usual, with the rate parameter p of the gamma in place of p / (1 - p).
# Surprising because every function of the object but the samples agrees with the others, and at p near 0 the two distributions are alike.
# Who meets it: simulated counts with more variance than Poisson's: claims, purchases, infections, read counts of genes. Scale a gamma sample yourself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package MathNet.Numerics@5.0.0
using MathNet.Numerics.Distributions;

bool same = true;
foreach ((double r, double p) in new[] { (3.0, 0.4), (2.5, 0.7) })
{
    var distribution = new NegativeBinomial(r, p, new Random(1));
    double[] samples = distribution.Samples().Take(50_000).Select(sample => (double)sample).ToArray();
    double mean = samples.Average(), variance = samples.Average(sample => (sample - mean) * (sample - mean));
    double sum = Enumerable.Range(0, 500).Sum(k => k * distribution.Probability(k));
    Console.WriteLine($"r = {r}, p = {p}: Mean {distribution.Mean:F2}, sum of k P(k) {sum:F2}, mean of the samples {mean:F2} (r / p is {r / p:F2}); Variance {distribution.Variance:F2}, of the samples {variance:F2}");
    same &= Math.Abs(mean / (r / p) - 1) < 0.02 && Math.Abs(distribution.Mean / (r * (1 - p) / p) - 1) < 1e-9 && Math.Abs(sum / distribution.Mean - 1) < 1e-3;
}

return same ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: the distribution functions of Poisson, Geometric, NegativeBinomial and ConwayMaxwellPoisson are wrong between the integers, Binomial's and Hypergeometric's are right.
#
# CumulativeDistribution(x) takes a real number. A Poisson variable of mean 4.3 is at most 3.5 if it is at most 3, which has the probability 0.377; the function gives 0.474. It is a smooth curve through the values at the
# integers, or, for ConwayMaxwellPoisson, the value of the next integer. At the integers all agree with the sums of Probability.
# Surprising because P(X <= 3.5) has one answer, and because two of the discrete distributions give it.
# Who meets it: histograms and tests of fit, whose bins are bounded by halves so that no count lies on a bound: all expected frequencies are shifted by half a step.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package MathNet.Numerics@5.0.0
using MathNet.Numerics.Distributions;

bool Steps(IDiscreteDistribution distribution)
{
    double Sum(int k) => Enumerable.Range(0, k + 1).Where(i => i >= distribution.Minimum).Sum(distribution.Probability);
    double at = distribution.CumulativeDistribution(3), between = distribution.CumulativeDistribution(3.5), next = distribution.CumulativeDistribution(4);
    Console.WriteLine($"{distribution}: at 3 {at:F4}, at 3.5 {between:F4}, at 4 {next:F4}; sums up to 3 and 4: {Sum(3):F4} {Sum(4):F4}");
    if (Math.Abs(at - Sum(3)) > 1e-6 || Math.Abs(next - Sum(4)) > 1e-6)
        throw new InvalidOperationException("the integers are wrong, too");
    return Math.Abs(between - at) < 1e-6;
}

IDiscreteDistribution[] smooth = [new Poisson(4.3), new Geometric(0.3), new NegativeBinomial(3, 0.4), new ConwayMaxwellPoisson(2, 0.5)];
IDiscreteDistribution[] stepped = [new Binomial(0.4, 10), new Hypergeometric(20, 8, 9)];
return !smooth.Any(Steps) & stepped.All(Steps) ? 0 : 1;
END
dotnet run app.cs

#!/usr/bin/env bash
# MathNet.Numerics 5.0.0: the entropy of a Pareto distribution has the wrong sign, and that of a geometric distribution is in bits while the others are in nats.
#
# Pareto(2, 5) has the entropy ln(2/5) + 1/5 + 1 = 0.284, as the integral of -p ln p of its own Density shows. Its Entropy is -0.284; Pareto(1, 1) has -2 in place of 2. Geometric(0.3).Entropy is 2.94 where the sum of -p ln p is 2.04:
# it is in bits. Poisson, Bernoulli and Categorical give nats.
# Surprising because entropies of continuous distributions may be negative, and because a unit is not visible: the numbers are plausible, and only their order and differences are wrong.
# Who meets it: model selection and information gain over heavy-tailed sizes and waiting times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package MathNet.Numerics@5.0.0
using MathNet.Numerics.Distributions;

// The integral of -p ln p over ln x, in which the tail is short.
double Integral(IContinuousDistribution distribution, double from, double to)
{
    const int Steps = 1_000_000;
    double step = Math.Log(to / from) / Steps;
    return Enumerable.Range(0, Steps).Sum(i =>
    {
        double x = from * Math.Exp((i + 0.5) * step), p = distribution.Density(x);
        return p > 0 ? -p * Math.Log(p) * x * step : 0;
    });
}

bool same = true;
foreach ((double scale, double shape) in new[] { (2.0, 5.0), (1, 1), (3, 2) })
{
    var pareto = new Pareto(scale, shape);
    double integral = Integral(pareto, scale, scale * 1e12), formula = Math.Log(scale / shape) + 1 / shape + 1;
    Console.WriteLine($"Pareto({scale}, {shape}): Entropy {pareto.Entropy:F4}, integral {integral:F4}, formula {formula:F4}");
    same &= Math.Abs(integral - formula) < 1e-3 && Math.Abs(pareto.Entropy - formula) > 0.1;
}

double Sum(IDiscreteDistribution distribution) => Enumerable.Range(0, 200).Select(k => k < distribution.Minimum || k > distribution.Maximum ? 0 : distribution.Probability(k)).Sum(p => p > 0 ? -p * Math.Log(p) : 0);
foreach (IDiscreteDistribution distribution in new IDiscreteDistribution[] { new Geometric(0.3), new Poisson(4), new Bernoulli(0.3), new Categorical([0.2, 0.3, 0.5]) })
{
    double nats = Sum(distribution);
    Console.WriteLine($"{distribution}: Entropy {distribution.Entropy:F4}, sum {nats:F4} nats, {nats / Math.Log(2):F4} bits");
    same &= Math.Abs(distribution.Entropy - nats) < 0.01 != distribution is Geometric;
}

return same ? 0 : 1;
END
dotnet run app.cs

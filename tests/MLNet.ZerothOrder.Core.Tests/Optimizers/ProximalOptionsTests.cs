using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

/// <summary>What zo-prox assumes of images.</summary>
public sealed class ProximalOptionsTests
{
    private const int Steps = 8;
    private static readonly OptimizerSettings Settings = new() { Directions = 5, StepSize = 3 };

    [Theory]
    [InlineData(1, 1, 24)]
    [InlineData(1, 24, 1)]
    public void Nothing_is_assumed_of_a_row_of_numbers(int channels, int height, int width)
    {
        var shape = new ImageShape(channels, height, width);
        Run(shape, new ProximalOptions()).ShouldBe(Run(shape, ProximalOptions.Plain));
    }

    [Theory]
    [InlineData(1, 4, 6)]
    [InlineData(3, 4, 2)]
    public void Every_option_changes_the_steps_on_images_that_it_is_for(int channels, int height, int width)
    {
        var shape = new ImageShape(channels, height, width);
        float[] plain = Run(shape, ProximalOptions.Plain);
        var changed = new Dictionary<string, ProximalOptions>
        {
            ["last step"] = ProximalOptions.Plain with { UsesLastStep = true },
            ["window"] = ProximalOptions.Plain with { Window = 0.3f },
            ["slope"] = ProximalOptions.Plain with { SlopeFactor = 0.8f },
            ["channels"] = ProximalOptions.Plain with { ChannelCorrelation = 0.5f },
            ["width"] = ProximalOptions.Plain with { Width = 1 },
        };
        foreach ((string name, ProximalOptions options) in changed)
        {
            bool applies = name switch { "channels" => channels > 1, "width" => channels == 1, _ => true };
            Run(shape, options).SequenceEqual(plain).ShouldBe(!applies, name);
        }
    }

    [Fact]
    public void The_last_step_is_a_measurement_that_costs_no_query()
    {
        // On a linear margin, the estimate after a step agrees with the slope along the step before it, which no direction of the new step measured.
        var shape = new ImageShape(1, 10, 10);
        float[] slope = [.. Enumerable.Range(0, shape.Length).Select(i => MathF.Sin(i + 1))];
        Mismatch(ProximalOptions.Plain with { UsesLastStep = true }).ShouldBeLessThan(0.3 * Mismatch(ProximalOptions.Plain));

        double Mismatch(ProximalOptions options)
        {
            var optimizer = new ProximalOptimizer(new OptimizerSettings { Directions = 1, StepSize = 3 }, options);
            var objective = Objective(shape);
            var driver = new Walk(objective, optimizer, slope);
            double worst = 0;
            for (int t = 0; t < Steps; t++)
            {
                float[] before = driver.Theta;
                driver.Step();
                float[] at = driver.Theta;
                driver.Step();
                ReadOnlySpan<float> estimate = driver.State.AsSpan(0, shape.Length);
                double predicted = 0, actual = 0;
                for (int i = 0; i < shape.Length; i++)
                {
                    predicted += estimate[i] * (at[i] - before[i]);
                    actual += slope[i] * (at[i] - before[i]);
                }

                worst = Math.Max(worst, Math.Abs(predicted - actual) / Math.Abs(actual));
            }

            return worst;
        }
    }

    [Theory]
    [InlineData(EstimateKind.Forward)]
    [InlineData(EstimateKind.Antithetic)]
    public void Directions_of_images_come_in_pairs_only_with_two_sided_differences(EstimateKind kind)
    {
        var shape = new ImageShape(3, 4, 4);
        var optimizer = new ProximalOptimizer(Settings with { Directions = 4, Estimate = kind });
        var directions = new float[4 * shape.Length];
        optimizer.Ask(new OptimizerStep(RandomKey.FromSeed(1), 1, 10, 1e-3f, Objective(shape)), new float[shape.Length], new float[optimizer.StateLength(shape.Length)], directions);
        for (int i = 0; i < 2 * shape.Length; i++)
        {
            (directions[i] == -directions[(2 * shape.Length) + i]).ShouldBe(kind == EstimateKind.Antithetic);
        }
    }

    [Fact]
    public void Only_plain_steps_can_be_composed_and_each_has_its_own_name()
    {
        (new ProximalOptimizer(Settings).Shape, new ProximalOptimizer(Settings).Name).ShouldBe((null, "zo-prox"));
        var plain = new ProximalOptimizer(Settings, new ProximalOptions { UsesLastStep = false, ChannelCorrelation = 0, Width = 0, Window = 0, SlopeFactor = 1 });
        (plain.Shape, plain.Name).ShouldBe((new StepShape(5, EstimateKind.Forward, Corrects: true), "zo-prox-plain"));
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new ProximalOptions { ChannelCorrelation = 1 }).Message.ShouldContain("ChannelCorrelation must be in [0, 1)");
        Should.Throw<ArgumentOutOfRangeException>(() => new ProximalOptions { Width = -1 }).Message.ShouldContain("in [0, 16]");
        Should.Throw<ArgumentOutOfRangeException>(() => new ProximalOptions { Window = float.NaN }).Message.ShouldContain("0 or in [0.01, 100]");
        Should.Throw<ArgumentOutOfRangeException>(() => new ProximalOptions { SlopeFactor = 0 }).Message.ShouldContain("above 0 and at most 1");
    }

    private static AttackObjective Objective(ImageShape shape)
    {
        var image = new float[shape.Length];
        Array.Fill(image, 0.5f);
        return new AttackObjective(image, 0, 2, new AttackLoss { DistortionWeight = 0.01 }) { Shape = shape };
    }

    private static float[] Run(ImageShape shape, ProximalOptions options)
    {
        float[] slope = [.. Enumerable.Range(0, shape.Length).Select(i => MathF.Sin(i + 1))];
        var walk = new Walk(Objective(shape), new ProximalOptimizer(Settings, options), slope);
        for (int t = 0; t < Steps; t++)
        {
            walk.Step();
        }

        return walk.Theta;
    }

    /// <summary>Steps on a margin that is linear in the image and far from 0.</summary>
    private sealed class Walk(AttackObjective objective, IZerothOrderOptimizer optimizer, float[] slope)
    {
        private readonly StepDriver _driver = new(objective, optimizer, 1e-2f, RandomKey.FromSeed(2), 100);
        private readonly float[] _point = new float[slope.Length];
        private readonly float[] _input = new float[slope.Length];

        public float[] Theta => _driver.Theta.ToArray();

        public float[] State => _driver.State.ToArray();

        public void Step()
        {
            _driver.Ask();
            for (int row = 0; row < _driver.Rows; row++)
            {
                _driver.WriteRow(row, _point, _input);
                _driver.Answer(row, _input, [100 + System.Numerics.Tensors.TensorPrimitives.Dot(slope, _input), 0]);
            }

            _driver.Tell();
        }
    }
}

using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class OptimizerSettingsTests
{
    public static TheoryData<string, Func<OptimizerSettings>> BadValues => new()
    {
        { "Directions", () => new() { Directions = 0 } },
        { "Directions", () => new() { Directions = -3 } },
        { "StepSize", () => new() { StepSize = 0 } },
        { "StepSize", () => new() { StepSize = double.NaN } },
        { "StepSize", () => new() { StepSize = 1e300 } },
        { "Beta1", () => new() { Beta1 = 1 } },
        { "Beta1", () => new() { Beta1 = 1 - 1e-12 } },
        { "Beta2", () => new() { Beta2 = -0.1 } },
        { "Epsilon", () => new() { Epsilon = 0 } },
        { "Epsilon", () => new() { Epsilon = 1e-60 } },
        { "Alpha", () => new() { Alpha = 0 } },
        { "Alpha", () => new() { Alpha = 1e-60 } },
        { "Alpha", () => new() { Alpha = 1.01 } },
        { "Estimate", () => new() { Estimate = (EstimateKind)7 } },
        { "Smoothing", () => new() { Smoothing = 0 } },
        { "Smoothing", () => new() { Smoothing = 1e-60 } },
        { "Smoothing", () => new() { Smoothing = double.PositiveInfinity } },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public void A_value_that_no_optimizer_could_use_is_refused_by_name(string name, Func<OptimizerSettings> make)
    {
        ArgumentOutOfRangeException error = Should.Throw<ArgumentOutOfRangeException>(() => make());
        error.ParamName.ShouldBe(name);
        error.Message.ShouldStartWith($"{name} must be ");
    }

    [Fact]
    public void The_defaults_are_the_papers()
    {
        var settings = new OptimizerSettings();
        (settings.Directions, settings.StepSize, settings.Beta1, settings.Beta2, settings.Alpha, settings.Estimate, settings.Smoothing)
            .ShouldBe((20, 8, 0.9, 0.996, 0.5, EstimateKind.Forward, null));
    }
}

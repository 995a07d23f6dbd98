using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The JSON form of <see cref="FeatureConstraints"/>.</summary>
internal sealed record ConstraintsFile
{
    public List<Feature>? Features { get; init; }

    public List<string[]>? Groups { get; init; }

    public List<string[]>? Ordered { get; init; }

    public List<string[]>? Sums { get; init; }

    internal sealed record Feature
    {
        public string? Name { get; init; }

        public float? Min { get; init; }

        public float? Max { get; init; }

        public float? Step { get; init; }

        public bool? Normalized { get; init; }

        public bool? Immutable { get; init; }

        public string? Direction { get; init; }

        public float[]? Values { get; init; }

        public string[]? Categories { get; init; }

        public double? Cost { get; init; }

        public double? Spread { get; init; }

        public static Feature Of(FeatureRule rule) => new()
        {
            Name = rule.Name,
            Min = rule.Minimum == float.MinValue ? null : rule.Minimum,
            Max = rule.Maximum == float.MaxValue ? null : rule.Maximum,
            Step = rule.StepSize == 0 ? null : rule.StepSize,
            Normalized = rule.IsNormalized ? true : null,
            Immutable = rule.IsImmutable ? true : null,
            Direction = rule.Direction switch { 1 => "up", -1 => "down", _ => null },
            Values = rule.Names is null ? rule.Values : null,
            Categories = rule.Names,
            Cost = rule.UnitCost,
        };

        public void ApplyTo(FeatureRule rule)
        {
            if ((Values is not null && Categories is not null) || (Cost is not null && Spread is not null))
            {
                throw new InputException($"Feature '{Name}' has both {(Cost is null ? "\"values\" and \"categories\"" : "\"cost\" and \"spread\"")}; give one of them.");
            }

            if (Min is not null || Max is not null)
            {
                rule.Range(Min ?? rule.Minimum, Max ?? rule.Maximum);
            }

            if (Values is not null)
            {
                rule.OneOf([.. Values.Select(value => (double)value)]);
            }

            if (Categories is not null)
            {
                rule.Categories(Categories);
            }

            if (Spread is { } spread)
            {
                rule.Spread(spread);
            }

            if (Cost is { } cost)
            {
                rule.Cost(cost);
            }

            if (Step is { } step)
            {
                rule.Step(step);
            }

            if (Normalized is { } normalized)
            {
                rule.Normalized(normalized);
            }

            if (Immutable is { } immutable)
            {
                rule.Immutable(immutable);
            }

            _ = Direction switch
            {
                null => rule,
                "up" => rule.OnlyIncrease(),
                "down" => rule.OnlyDecrease(),
                _ => throw new InputException($"Feature '{Name}' has the direction '{Direction}'; give up or down."),
            };
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(ConstraintsFile))]
internal sealed partial class ConstraintsJson : JsonSerializerContext;

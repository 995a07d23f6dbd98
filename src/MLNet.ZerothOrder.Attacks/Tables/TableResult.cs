using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The result of an attack on a table, and the content of its <c>result.json</c>.</summary>
public sealed record TableResult
{
    /// <summary>Always <c>zo</c>.</summary>
    public string Tool { get; init; } = "zo";

    /// <summary>The version of this library.</summary>
    public string Version { get; init; } = AttackResult.LibraryVersion;

    /// <summary>The command line or program that created the result; empty if unknown.</summary>
    public string Command { get; init; } = "";

    /// <summary>True while the attack runs, and permanently if it was interrupted.</summary>
    public required bool Partial { get; init; }

    /// <summary>The model's failure that ended the attack; null without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(OracleFailureConverter))]
    public OracleException? Failure { get; init; }

    /// <summary>What makes figures doubtful, one text each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The seed of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>The model. Its <see cref="AttackedModel.Classes"/> are 1 for a regression.</summary>
    public required AttackedModel Model { get; init; }

    /// <summary>The name of the table.</summary>
    public required string Table { get; init; }

    /// <summary>What counts as a success, in words.</summary>
    public required string Goal { get; init; }

    /// <summary>Whether the table had no true classes, so that each row counts as right while it keeps the class that the model gives it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LabelsPredicted { get; init; }

    /// <summary>The method.</summary>
    public required string Optimizer { get; init; }

    /// <summary>All settings of the attack.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>The features, with what they may become and how they moved.</summary>
    public required IReadOnlyList<TableFeature> Features { get; init; }

    /// <summary>The constraints as <see cref="FeatureConstraints.Parse"/> reads them.</summary>
    public required string Constraints { get; init; }

    /// <summary>The figures over the attacked rows.</summary>
    public required TableSummary Summary { get; init; }

    /// <summary>The attacked rows.</summary>
    public IReadOnlyList<TableOutcome> Rows { get; init; } = [];

    /// <summary>Rows that were not attacked.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];

    /// <summary>Queries outside the searches: of the rows themselves, and of the results again.</summary>
    public long OverheadQueries { get; init; }

    /// <summary>The duration of the attack.</summary>
    public AttackTiming Timing { get; init; } = new(0, 0, 0);

    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ResultJson.Readable.TableResult);

    /// <summary>Writes the result as indented JSON in UTF-8, with a line break at its end.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        JsonSerializer.Serialize(stream, this, ResultJson.Readable.TableResult);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads the output of <see cref="WriteTo"/>.</summary>
    /// <exception cref="JsonException">The result is incomplete.</exception>
    public static TableResult Parse(JsonElement json)
    {
        TableResult result = json.Deserialize(ResultJson.Readable.TableResult) ?? throw new JsonException("it is null");
        result = result with { Warnings = result.Warnings ?? [], Rows = result.Rows ?? [], Skipped = result.Skipped ?? [], Timing = result.Timing ?? new AttackTiming(0, 0, 0) };
        int d = result.Features.Count;
        return result.Warnings.All(w => w is not null) && result.Skipped.All(s => s is not null) && result.Features.All(f => f is not null)
            && result.Rows.All(row => row is not null && row.Original.Count == d && (row.Adversarial is null || row.Adversarial.Count == d))
            ? result : throw new JsonException("a list in it has no element where one belongs, or a row has another number of values than there are features");
    }
}

/// <summary>A feature of an attacked table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rule">What it may become, in words.</param>
/// <param name="Changed">The successful rows in which it differs.</param>
/// <param name="Grew">Those of them in which it grew; 0 for a category.</param>
/// <param name="MedianChange">The median size of its changes, in its own units; null for a category and without changes.</param>
/// <param name="MedianCost">The median cost of its changes, in units of its spread; null without changes.</param>
public sealed record TableFeature(string Name, string Rule, int Changed, int Grew, double? MedianChange, double? MedianCost)
{
    /// <summary>The names of a category's values, whose places rows hold; null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Categories { get; init; }
}

/// <summary>One attacked row.</summary>
/// <param name="Row">Its number in the table, from 1.</param>
/// <param name="Label">Its true class, or the class that the model gives it if the table has none; −1 for a regression.</param>
/// <param name="Success">Whether a feasible row that reaches the goal was found.</param>
/// <param name="Before">The class that the model gives it, or for a regression the predicted number.</param>
/// <param name="After">The same of the found row; null without one.</param>
/// <param name="Change">The changes in words; null without a found row.</param>
/// <param name="Changed">The number of changed features.</param>
/// <param name="Cost">The sum of the changes in units of the features' spreads.</param>
/// <param name="Queries">The queries of the search.</param>
/// <param name="QueriesToFirstSuccess">The queries up to the first row that reached the goal.</param>
/// <param name="Original">The row.</param>
/// <param name="Adversarial">The found row.</param>
public sealed record TableOutcome(
    int Row, int Label, bool Success, string Before, string? After, string? Change, int? Changed, double? Cost, long Queries, long? QueriesToFirstSuccess,
    IReadOnlyList<float> Original, IReadOnlyList<float>? Adversarial);

/// <summary>A row that was not attacked.</summary>
/// <param name="Row">Its number in the table, from 1.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedRow(int Row, string Reason);

/// <summary>The figures over the attacked rows; medians are over the successes, and null without any.</summary>
public sealed record TableSummary
{
    /// <summary>The rows with a goal that were asked about.</summary>
    public required int Attacked { get; init; }

    /// <summary>Those for which a feasible row was found.</summary>
    public required int Successes { get; init; }

    /// <summary>Their quotient; 0 without attacked rows.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Its 95 % Wilson interval.</summary>
    public required Interval SuccessRateInterval95 { get; init; }

    /// <summary>The share of the rows with a true class that the model gives it; null without classes.</summary>
    public double? CleanAccuracy { get; init; }

    /// <summary>The number of changed features.</summary>
    public MedianEstimate? Changed { get; init; }

    /// <summary>The cost: the sum of the changes in units of the features' spreads.</summary>
    public MedianEstimate? Cost { get; init; }

    /// <summary>The queries up to the first success.</summary>
    public MedianEstimate? QueriesToFirstSuccess { get; init; }

    /// <summary>The queries of all searches.</summary>
    public required long TotalQueries { get; init; }

    internal static TableSummary From(IReadOnlyList<TableOutcome> rows, double? accuracy)
    {
        TableOutcome[] asked = [.. rows.Where(row => row.Queries > 0)];
        int successes = asked.Count(row => row.Success);
        return new TableSummary
        {
            Attacked = asked.Length,
            Successes = successes,
            SuccessRate = asked.Length == 0 ? 0 : (double)successes / asked.Length,
            SuccessRateInterval95 = AttackStatistics.Wilson(successes, asked.Length),
            CleanAccuracy = accuracy,
            Changed = Median(row => row.Changed),
            Cost = Median(row => row.Cost),
            QueriesToFirstSuccess = Median(row => row.QueriesToFirstSuccess),
            TotalQueries = rows.Sum(row => row.Queries),
        };

        MedianEstimate? Median(Func<TableOutcome, double?> figure) => Bootstrap.Median(asked.Where(row => row.Success).Select(row => (double[])[figure(row)!.Value]));
    }
}

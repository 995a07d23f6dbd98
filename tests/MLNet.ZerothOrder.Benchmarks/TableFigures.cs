using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using CreditRisk;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Tables;

namespace MLNet.ZerothOrder.Benchmarks;

/// <summary>
/// The figures of docs/tables.md. On the credit table of samples/CreditRisk: threshold-search against FastTree, LightGbm and SDCA, beside random feasible rows at equal queries and the least
/// possible cost, which is enumerated over all feasible rows that are cheaper. On small forests: its cost beside the least possible one over all cells.
/// </summary>
internal static class TableFigures
{
    private const int RandomQueries = 1000;
    private const int ForestQueries = 2000;
    private const int RowsPerForest = 20;

    // The queries of a row, and the pairs of measurements, for the rate of an attack.
    private const int RateQueries = 200;
    private const int Rounds = 3;
    private const int ScoredAtOnce = 4096;

    private static readonly string[] Columns = ["Age", "Income", "Debts", "YearsEmployed", "OwnsHome", "Job"];

    /// <summary>Measures on the credit table.</summary>
    /// <param name="count">The rows that models are trained on, and as many others that are attacked.</param>
    public static void Credit(int count)
    {
        var ml = new MLContext(seed: 1);
        IDataView all = ml.Data.Cache(ml.Data.LoadFromEnumerable(Applicant.Generate(2 * count)));
        IDataView training = ml.Data.TakeRows(all, count), applicants = ml.Data.Cache(ml.Data.SkipRows(all, count));
        FeatureConstraints constraints = Constraints(all);
        IEstimator<ITransformer> features = ml.Transforms.Categorical.OneHotEncoding("JobCode", "Job")
            .Append(ml.Transforms.Conversion.ConvertType([new InputOutputColumnPair("DebtsNumber", "Debts"), new InputOutputColumnPair("HomeNumber", "OwnsHome")], DataKind.Single))
            .Append(ml.Transforms.Concatenate("Features", "Age", "Income", "DebtsNumber", "YearsEmployed", "HomeNumber", "JobCode"));
        Console.WriteLine($"{count} rows attacked, {RandomQueries} queries per row.");
        foreach ((string name, IEstimator<ITransformer> trainer) in new (string, IEstimator<ITransformer>)[]
        {
            ("FastTree", ml.BinaryClassification.Trainers.FastTree()),
            ("LightGbm", ml.BinaryClassification.Trainers.LightGbm()),
            ("SDCA", ml.Transforms.NormalizeMinMax("Features").Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression())),
        })
        {
            ITransformer model = features.Append(trainer).Fit(training);
            Console.WriteLine(name);
            Costs(ml, model, applicants, constraints);
            Rate(ml, model, applicants, constraints);
        }
    }

    /// <summary>What applications can be: as in samples/CreditRisk.</summary>
    public static FeatureConstraints Constraints(IDataView all)
    {
        FeatureConstraints constraints = FeatureConstraints.Learn(all, Columns);
        constraints.Slot("Age").Immutable();
        constraints.Slot("Income").Step(100);
        constraints.Slot("YearsEmployed").OnlyIncrease();
        return constraints.Ordered("YearsEmployed", "Age");
    }

    /// <summary>Measures on small forests.</summary>
    /// <param name="first">The first seed of the forests.</param>
    /// <param name="seeds">The forests of each size.</param>
    public static void Forests(int first, int seeds)
    {
        foreach (bool labelsOnly in (bool[])[false, true])
        {
            var all = new List<double>();
            foreach ((int features, int trees, int thresholds) in ((int, int, int)[])[(4, 50, 8), (6, 30, 5), (8, 50, 4)])
            {
                var ratios = new List<double>();
                for (int seed = first; seed < first + seeds; seed++)
                {
                    ratios.AddRange(Ratios(new TinyForest(seed, features, trees, thresholds), labelsOnly));
                }

                Console.WriteLine($"{features} features, {trees} trees, {thresholds} thresholds each{(labelsOnly ? ", labels alone" : "")}: {Spread(ratios)}");
                all.AddRange(ratios);
            }

            Console.WriteLine($"all{(labelsOnly ? ", labels alone" : "")}: {Spread(all)}");
        }
    }

    private static double[] Ratios(TinyForest forest, bool labelsOnly)
    {
        var constraints = new FeatureConstraints([.. Enumerable.Range(0, forest.Features).Select(i => $"f{i}")]);
        for (int i = 0; i < forest.Features; i++)
        {
            constraints.Slot(i).Range(-4, 4).Spread(1);
        }

        Func<float[], double> least = forest.Minimum();
        float[][] rows = [.. forest.Rows.Take(RowsPerForest)];
        using DelegateOracle oracle = forest.Oracle();
        var options = new AttackOptions { Scores = ScoreKind.Logits, Loss = new AttackLoss { LabelsOnly = labelsOnly }, Limits = new RunLimits { Iterations = int.MaxValue, Budget = ForestQueries } };
        IReadOnlyList<TableRow> found = new TableAttack(oracle, constraints, options).Run(
            [.. rows.Select(row => (ReadOnlyMemory<float>)row)], (_, scores) => RowGoal.NotClass(TensorPrimitives.IndexOfMax<float>(scores)));

        // A row that was not turned counts as infinitely expensive, unless nothing turns it.
        return [.. found.Select((row, i) => (row.Distance?.L1 ?? double.PositiveInfinity) / least(rows[i])).Where(ratio => !double.IsNaN(ratio))];
    }

    private static void Costs(MLContext ml, ITransformer model, IDataView applicants, FeatureConstraints constraints)
    {
        var table = TableColumns.Of(applicants.Schema, Columns, constraints);
        using IQueryOracle oracle = new TransformerTarget(model, Columns[0], "Score").Open(table, applicants.Schema["Label"], null).Oracle;
        IReadOnlyList<ReadOnlyMemory<float>> rows = table.Read(applicants);
        bool[] labels = [.. applicants.GetColumn<bool>("Label")], predicted = [.. model.Transform(applicants).GetColumn<bool>("PredictedLabel")];
        var options = new AttackOptions { Scores = ScoreKind.Logits, Limits = new RunLimits { Iterations = int.MaxValue, Budget = RandomQueries } };
        using QueryBatch single = oracle.CreateBatch(1);
        single.Rows = 1;
        long asked = 0, infeasible = 0;
        int right = 0, turned = 0, infeasibleResults = 0, ours = 0, atLeast = 0;
        List<double> changed = [], costs = [], queries = [], toRandom = [], toLeast = [], leastToRandom = [];
        for (int i = 0; i < rows.Count; i++)
        {
            if (labels[i] != predicted[i])
            {
                continue;
            }

            right++;
            RowGoal goal = RowGoal.NotClass(predicted[i] ? 1 : 0);
            float[] row = rows[i].ToArray();
            using var watched = new DelegateOracle(
                row.Length, 2, (input, _, scores) =>
                {
                    asked++;
                    infeasible += constraints.Violation(row, input) is null ? 0 : 1;
                    input.CopyTo(single.Inputs.Span);
                    oracle.Score(single);
                    single.Score(0).CopyTo(scores);
                }, 1);
            TableRow result = new TableAttack(watched, constraints, options).Run([row], (_, _) => goal)[0];
            double random = RandomSearch(oracle, constraints, row, goal, i);
            if (result.Found is not { } found)
            {
                continue;
            }

            turned++;
            infeasibleResults += constraints.Violation(row, found.Span) is null ? 0 : 1;
            changed.Add(result.Distance!.Value.Changed);
            costs.Add(result.Distance.Value.L1);
            queries.Add(result.QueriesToFirstSuccess!.Value);
            double least = Least(oracle, constraints, row, goal, costs[^1]);
            toLeast.Add(costs[^1] / least);
            if (double.IsFinite(random))
            {
                toRandom.Add(costs[^1] / random);
                leastToRandom.Add(least / random);
            }

            ours += costs[^1] <= 0.5 * random ? 1 : 0;
            atLeast += least <= 0.5 * random ? 1 : 0;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  rows asked that are infeasible {infeasible} of {asked}, results {infeasibleResults}; turned {turned} of {right}; medians: changed features {Median(changed)}, cost {Median(costs):F2}, queries to the first success {Median(queries)}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  cost / that of {RandomQueries} random feasible rows: median {Median(toRandom):F3} ({toRandom.Count} rows; at most 0.5 for {ours}); least possible / random: median {Median(leastToRandom):F3} (at most 0.5 for {atLeast})"));
        Console.WriteLine($"  cost / least possible: {Spread(toLeast)}");
    }

    // The cheapest success of feasible rows in which a random number of features has random values.
    private static double RandomSearch(IQueryOracle oracle, FeatureConstraints constraints, float[] row, RowGoal goal, int seed)
    {
        var random = new Random(seed);
        float[][] others = [.. Enumerable.Range(0, RandomQueries).Select(_ =>
        {
            float[] other = [.. row];
            foreach (int i in Enumerable.Range(0, row.Length).OrderBy(_ => random.Next()).Take(random.Next(row.Length) + 1))
            {
                FeatureRule rule = constraints.Slot(i);
                double low = rule.Values?.Min() ?? rule.Minimum, high = rule.Values?.Max() ?? rule.Maximum;
                other[i] = (float)(rule.Values is { } values ? values[random.Next(values.Length)] : low + (random.NextDouble() * (high - low)));
            }

            constraints.Project(row, other);
            return other;
        })];
        float[] scores = oracle.ScoreRows(others.Length, (i, input) => others[i].CopyTo(input));
        return others.Where((_, i) => goal.Margin(scores.AsSpan(2 * i, 2)) < 0).Select(other => constraints.Distance(row, other).L1).DefaultIfEmpty(double.PositiveInfinity).Min();
    }

    // The least cost of a feasible row that reaches the goal, no more than one that is known: all rows that are cheaper, the cheapest first.
    private static double Least(IQueryOracle oracle, FeatureConstraints constraints, float[] row, RowGoal goal, double known)
    {
        (float Value, double Cost)[][] moves = [.. Enumerable.Range(0, row.Length).Select(i => Values(constraints, row, i).Select(value =>
        {
            float[] alone = [.. row];
            alone[i] = value;
            return (value, constraints.Distance(row, alone).L1);
        }).Where(move => move.L1 < known).OrderBy(move => move.L1).ToArray())];
        var cheaper = new List<(double Cost, float[] Row)>();
        Add(0, 0, [.. row]);
        foreach ((double Cost, float[] Row)[] chunk in cheaper.OrderBy(item => item.Cost).Chunk(ScoredAtOnce))
        {
            float[] scores = oracle.ScoreRows(chunk.Length, (i, input) => chunk[i].Row.CopyTo(input));
            int first = Array.FindIndex([.. Enumerable.Range(0, chunk.Length)], i => goal.Margin(scores.AsSpan(2 * i, 2)) < 0);
            if (first >= 0)
            {
                return chunk[first].Cost;
            }
        }

        return known;

        void Add(int feature, double cost, float[] values)
        {
            if (feature == row.Length)
            {
                if (constraints.Violation(row, values) is null)
                {
                    cheaper.Add((cost, [.. values]));
                }

                return;
            }

            foreach ((float value, double more) in moves[feature])
            {
                if (cost + more >= known * (1 - 1e-9))
                {
                    break;
                }

                values[feature] = value;
                Add(feature + 1, cost + more, values);
            }

            values[feature] = row[feature];
        }
    }

    // All feasible values of one feature, without regard to the others.
    private static IEnumerable<float> Values(FeatureConstraints constraints, float[] row, int feature)
    {
        FeatureRule rule = constraints.Slot(feature);
        IEnumerable<float> all = rule.Values ?? Enumerable.Range((int)(rule.Minimum / rule.StepSize), (int)((rule.Maximum - rule.Minimum) / rule.StepSize) + 1).Select(k => k * rule.StepSize);
        return all.Append(row[feature]).Distinct().Where(value => !rule.IsImmutable || value == row[feature]);
    }

    private static void Rate(MLContext ml, ITransformer model, IDataView applicants, FeatureConstraints constraints)
    {
        using BlackBoxAttackTransformer attack = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = ml.ZerothOrder().FromTransformer(model),
            InputColumnNames = Columns,
            Constraints = constraints,
            Attack = new AttackOptions { Limits = new RunLimits { Iterations = int.MaxValue, Budget = RateQueries } },
        }).Fit(applicants);
        List<double> rates = [], plain = [];
        Applicant[] each = [.. ml.Data.CreateEnumerable<Applicant>(applicants, reuseRowObject: false)];
        for (int round = 0; round <= Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            long asked = attack.Transform(applicants).GetColumn<long>("Queries").Sum();
            double attacked = asked / Stopwatch.GetElapsedTime(start).TotalSeconds;
            IDataView many = ml.Data.LoadFromEnumerable(Enumerable.Range(0, (int)asked).Select(i => each[i % each.Length]));
            start = Stopwatch.GetTimestamp();
            _ = model.Transform(many).GetColumn<float>("Score").Sum();
            double scored = asked / Stopwatch.GetElapsedTime(start).TotalSeconds;

            // The first round compiles.
            if (round > 0)
            {
                rates.Add(attacked);
                plain.Add(scored);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  rows per second: attack {Median(rates):N0}, Transform {Median(plain):N0}, ratios {string.Join(" ", rates.Zip(plain).Select(pair => (pair.First / pair.Second).ToString("F2", CultureInfo.InvariantCulture)))}"));
    }

    private static double Median(IEnumerable<double> values) => Quantiles.Of(values)?.P50 ?? double.NaN;

    private static string Spread(List<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sorted.Length} rows, median {Median(sorted):F3}, 90 % {sorted[(int)(0.9 * (sorted.Length - 1))]:F2}, 95 % {sorted[(int)(0.95 * (sorted.Length - 1))]:F2}, worst {sorted[^1]:F2}, at most 1.15 for {sorted.Count(ratio => ratio <= 1.15)}");
    }
}

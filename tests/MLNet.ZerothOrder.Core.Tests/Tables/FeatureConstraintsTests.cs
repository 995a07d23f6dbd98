using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tables;

public sealed class FeatureConstraintsTests
{
    private static readonly IZerothOrderOptimizer[] Optimizers =
    [
        new ThresholdSearch(), new DirectSearch(4),
        .. new OptimizerRegistry().Names.Select(name => new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 3, StepSize = 0.5 })),
        .. BundledOptimizers.Names.Select(name => OptimizerFile.Describe(BundledOptimizers.Read(name), name).Model.CreateOptimizer(name, 3)),
    ];

    private sealed record Case(FeatureConstraints Constraints, float[] Row, int Optimizer, int Seed, bool LabelsOnly, DistortionNorm Norm)
    {
        public override string ToString() => $"{Optimizers[Optimizer].Name}, seed {Seed}, {string.Join(" ", Row)}\n{Constraints.ToJson()}";
    }

    [Fact]
    public void Every_row_that_any_optimizer_asks_and_every_result_is_feasible() => Prop.ForAll(Cases(), test =>
    {
        var forest = new TinyForest(test.Seed, test.Row.Length, 5, 3);
        float[] weights = [.. test.Row.Select(x => 1 / (1 + Math.Abs(float.IsNaN(x) ? 1 : x)))];
        int asked = 0;
        var violations = new List<string>();
        using var oracle = new DelegateOracle(test.Row.Length, 2, (row, _, scores) =>
        {
            asked++;
            if (test.Constraints.Violation(test.Row, row) is { } violation)
            {
                violations.Add(violation);
            }

            float[] scaled = [.. row.ToArray().Select((x, i) => (float.IsNaN(x) ? 0 : x) * weights[i])];
            (scores[0], scores[1]) = (0, (float)forest.Score(scaled));
        });
        var problem = new Problem(
            "row", new RowObjective(test.Constraints, test.Row, RowGoal.NotClass(forest.Score(test.Row) > 0 ? 1 : 0), test.Norm, labelsOnly: test.LabelsOnly), Optimizers[test.Optimizer], 0.3f,
            RandomKey.FromSeed(test.Seed), new RunLimits { Iterations = int.MaxValue, Budget = 150 });
        new BatchedEngine(oracle).Run([problem]);

        asked.ShouldBeGreaterThan(0);
        violations.ShouldBeEmpty();
        foreach (ReadOnlyMemory<float>? result in (ReadOnlyMemory<float>?[])[problem.LastInput, problem.BestSolvedInput, problem.FirstSolvedInput])
        {
            (result is { } row ? test.Constraints.Violation(test.Row, row.Span) : null).ShouldBeNull();
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(80));

    [Fact]
    public void A_feasible_row_stays_as_it_is_and_any_other_becomes_one() => Prop.ForAll(Cases(), test =>
    {
        var random = new Random(test.Seed);
        float[] row = [.. test.Row.Select(x => random.Next(6) switch { 0 => float.NaN, 1 => float.PositiveInfinity, 2 => -1e30f, 3 => 3e38f, _ => (float)(x + (10 * (random.NextDouble() - 0.5))) })];
        test.Constraints.Project(test.Row, row);
        test.Constraints.Violation(test.Row, row).ShouldBeNull();
        float[] again = [.. row];
        test.Constraints.Project(test.Row, again);
        again.ShouldBe(row);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Constraints_survive_JSON() => Prop.ForAll(Cases(), test =>
    {
        string json = test.Constraints.ToJson();
        FeatureConstraints.Parse(json).ToJson().ShouldBe(json);
        FeatureConstraints.Parse(json).ToString().ShouldBe(test.Constraints.ToString());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Rules_are_read_from_JSON_and_told_in_words()
    {
        var constraints = FeatureConstraints.Parse("""
            {
              "features": [
                { "name": "Age", "immutable": true },
                { "name": "Income", "min": 0, "max": 200000, "spread": 15000 },
                { "name": "Debts", "min": 0, "max": 20, "step": 1, "direction": "down" },
                { "name": "Home", "categories": ["own", "rent", "free"] },
                { "name": "Job.none" }, { "name": "Job.some" },
              ],
              "groups": [["Job.none", "Job.some"]],
              "ordered": [["Debts", "Income"]],
            }
            """);
        constraints.ToString().ReplaceLineEndings("\n").ShouldBe("""
            Age: cannot change
            Income: numbers 0..200,000, spread 15,000
            Debts: whole numbers 0..20, may only fall
            Home: one of own, rent, free
            Job.none, Job.some: exactly one is 1
            Debts ≤ Income

            """.ReplaceLineEndings("\n"));
        float[] row = [40, 41_000, 5, 1, 1, 0], other = [40, 43_500, 4, 0, 0, 1];
        constraints.Violation(row, other).ShouldBeNull();
        constraints.Describe(row, other).ShouldBe("Income 41,000 → 43,500, Debts 5 → 4, Home rent → own and Job.none → Job.some");
        RowDistance distance = constraints.Distance(row, other);
        distance.Changed.ShouldBe(4);
        distance.L1.ShouldBe((2500 / 15000.0) + (1 / 20.0) + 1 + 1, 1e-9);
        distance.LInfinity.ShouldBe(1);
    }

    [Fact]
    public void An_original_row_that_breaks_a_rule_ends_a_projection_too()
    {
        FeatureConstraints constraints = new FeatureConstraints("a", "b").Ordered("a", "b");
        constraints.Slot("a").Immutable();
        constraints.Slot("b").Immutable();
        float[] row = [1, 2];
        constraints.Project([5, 3], row);

        row.ShouldBe([5, 3]);
        constraints.Violation(row)!.ShouldContain("is above 'b'");
    }

    [Fact]
    public void A_sum_stays_and_an_order_is_kept()
    {
        FeatureConstraints constraints = new FeatureConstraints("a", "b", "c").FixedSum("a", "b", "c").Ordered("a", "b");
        constraints.Slot("c").Range(0, 10).Integer();
        float[] row = [1, 2, 3], other = [4, 2, 3];
        constraints.Project(row, other);
        constraints.Violation(row, other).ShouldBeNull();
        other.Sum().ShouldBe(6, 1e-4);
        other.ShouldNotBe(row);
    }

    [Fact]
    public void A_missing_value_stays_missing()
    {
        var constraints = new FeatureConstraints("a", "b");
        float[] row = [float.NaN, 1], other = [3, 2];
        constraints.Project(row, other);
        other.ShouldBe([float.NaN, 2]);
        constraints.Violation(row, [1, 1]).ShouldBe("'a' with the value 1 is missing in the original row, and changed");
    }

    [Fact]
    public void Rules_that_contradict_each_other_are_named()
    {
        Refused(c => c.Slot("a").Range(0.2, 0.8).Integer()).ShouldBe("The constraints contradict each other: no multiple of 1 is in the range 0.2..0.8 of feature 'a'; change one of them.");
        Refused(c => c.Slot("a").Range(0, 1e8).Step(100)).ShouldContain("Feature 'a' is a multiple of 100 in 0..100,000,000, but float32 holds its multiples only up to 67,108,864");
        Refused(c => c.Slot("a").Range(0, 1e8).Integer()).ShouldContain("Feature 'a' is a multiple of 1 in 0..100,000,000, but float32 holds whole numbers only up to 2^24 = 16,777,216");
        Refused(c => c.Group("a", "b").Group("b", "c")).ShouldContain("feature 'b' is in two one-hot groups");
        Refused(c => c.Group("a", "b").Slot("a").Range(2, 3)).ShouldContain("feature 'a' is in a one-hot group, whose values are 0 and 1");
        Refused(c => c.Ordered("a", "b").Slot("b").OneOf(1, 2)).ShouldContain("feature 'b' is a category, which has no order, and is in an order");
        Refused(c => c.Slot("a").OneOf(1, 2).Range(0, 1)).ShouldContain("feature 'a' has a list of values and a range or step");
        Refused(c =>
        {
            c.Ordered("a", "b").Slot("a").Range(5, 9);
            c.Slot("b").Range(0, 4);
        }).ShouldContain("'a' is at least 5 and 'b' at most 4");
        Refused(c => c.Slot("B")).ShouldBe("There is no feature 'B'; did you mean 'b'?");
        Refused(c => c.Group("a")).ShouldContain("name at least 2 different features");
    }

    [Theory]
    [InlineData("[1]", "cannot be read as JSON")]
    [InlineData("{}", "name no features")]
    [InlineData("""{"features":[{"name":"a","maks":3}]}""", "maks")]
    [InlineData("""{"features":[{"name":"a"},{"name":"a"}]}""", "given twice")]
    [InlineData("""{"features":[{"name":"a","direction":"left"}]}""", "direction 'left'; give up or down")]
    [InlineData("""{"features":[{"name":"a","min":3,"max":2}]}""", "The range 3..2 of 'a' is empty")]
    [InlineData("""{"features":[{"name":"a","spread":-1}]}""", "The spread of 'a' must be a positive number")]
    [InlineData("""{"features":[{"name":"a","spread":1,"cost":1}]}""", "give one of them")]
    [InlineData("""{"features":[{"name":"a"}],"sums":[["a","b"]]}""", "There is no feature 'b'")]
    [InlineData("""{"features":[{"name":"a"}],"ordered":[["a"]]}""", "give pairs")]
    public void Wrong_JSON_is_refused(string json, string message) => Should.Throw<InputException>(() => FeatureConstraints.Parse(json)).Message.ShouldContain(message);

    [Fact]
    public void A_row_that_breaks_a_rule_is_named()
    {
        var constraints = new FeatureConstraints("Age", "Debts");
        constraints.Slot("Debts").Range(0, 20).Integer();
        Should.Throw<InputException>(() => new RowObjective(constraints, [40, 3.55f], RowGoal.NotClass(0))).Message.ShouldBe(
            "The row breaks the constraints: 'Debts' with the value 3.55 is no multiple of 1; correct the row or the constraints.");
        Should.Throw<InputException>(() => new RowObjective(constraints, [40, 21], RowGoal.NotClass(0))).Message.ShouldContain("is outside 0..20");
        Should.Throw<ArgumentException>(() => new RowObjective(constraints, [40], RowGoal.NotClass(0))).Message.ShouldContain("1 values, but the constraints have 2 features");
    }

    private static string Refused(Action<FeatureConstraints> change)
    {
        var constraints = new FeatureConstraints("a", "b", "c");
        return Should.Throw<InputException>(() =>
        {
            change(constraints);
            constraints.Validate();
        }).Message;
    }

    // Random rules, and a row that keeps them.
    private static Arbitrary<Case> Cases() =>
        (from seed in Gen.Choose(0, 1_000_000)
         from optimizer in Gen.Choose(0, Optimizers.Length - 1)
         from labelsOnly in Gen.Elements(false, true)
         from norm in Gen.Elements(DistortionNorm.L1, DistortionNorm.L2, DistortionNorm.LInfinity)
         select Make(seed, optimizer, labelsOnly, norm)).ToArbitrary();

    private static Case Make(int seed, int optimizer, bool labelsOnly, DistortionNorm norm)
    {
        var random = new Random(seed);
        int d = random.Next(2, 9), free = d;
        var constraints = new FeatureConstraints([.. Enumerable.Range(0, d).Select(i => $"f{i}")]);
        var row = new float[d];
        if (d >= 4 && random.Next(2) == 0)
        {
            free = d - random.Next(2, 4);
            constraints.Group([.. constraints.Names.Skip(free)]);
            row[random.Next(free, d)] = 1;
            constraints.Slot(random.Next(free, d)).Immutable(random.Next(3) == 0);
        }

        var numbers = new List<int>();
        for (int i = 0; i < free; i++)
        {
            FeatureRule rule = constraints.Slot(i).Spread(0.01 + random.NextDouble());
            row[i] = random.Next(-20, 21);
            switch (random.Next(8))
            {
                case 0:
                    rule.OneOf(row[i], row[i] + 1, row[i] - 7.5, 100);
                    break;
                case 1:
                    rule.Immutable();
                    numbers.Add(i);
                    break;
                case 2:
                    row[i] = float.NaN;
                    break;
                case 3:
                    rule.Range(-20, 20).Step(random.Next(2) == 0 ? 1 : 0.5);
                    numbers.Add(i);
                    break;
                case 4:
                    rule.Range(row[i] - 1.3, row[i] + 0.1);
                    numbers.Add(i);
                    break;
                default:
                    row[i] = (float)(40 * (random.NextDouble() - 0.5));
                    rule.Range(-20, 20);
                    numbers.Add(i);
                    break;
            }

            _ = random.Next(4) switch { 0 => rule.OnlyIncrease(), 1 => rule.OnlyDecrease(), _ => rule };
        }

        if (numbers.Count >= 2 && random.Next(2) == 0)
        {
            int[] pair = [.. numbers.OrderBy(_ => random.Next()).Take(2).OrderBy(i => row[i])];
            constraints.Ordered($"f{pair[0]}", $"f{pair[1]}");
        }

        if (numbers.Count >= 3 && random.Next(2) == 0)
        {
            constraints.FixedSum([.. numbers.OrderBy(_ => random.Next()).Take(3).Select(i => $"f{i}")]);
        }

        return new Case(constraints, row, optimizer, seed, labelsOnly, norm);
    }
}

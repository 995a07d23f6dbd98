using System.Globalization;
using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Tables against models that ML.NET and skl2onnx wrote (Tables/README.md).</summary>
public sealed class TableTests : IDisposable
{
    private const string Corrections = """
        { "features": [ { "name": "Age", "immutable": true }, { "name": "Income", "step": 100 }, { "name": "YearsEmployed", "direction": "up" } ], "ordered": [["YearsEmployed", "Age"]] }
        """;

    private static readonly string[] Columns = ["Age", "Income", "Debts", "YearsEmployed"];

    private readonly TempFolder _folder = new();

    private string Out => _folder.File("out");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mlnet-fasttree", "PaidBack", "6", 0.95)]
    [InlineData("sklearn-columns", "PaidBack", "5", 0.95)]
    [InlineData("sklearn-vector", "Grade", "4", 0.95)]
    [InlineData("sklearn-no-zipmap", "Grade", "4", 0.95)]
    public void Rows_of_every_kind_of_model_are_turned_by_rows_that_can_exist(string model, string label, string features, double rate)
    {
        string corrections = Text("c.json", Corrections);
        Outcome outcome = Zo.Run([.. Attack(model, label), "--constraints", corrections, "--budget", "160", "--json"]).Done();
        TableResult result = TableResult.Parse(outcome.Document);
        var constraints = FeatureConstraints.Parse(result.Constraints);

        result.Summary.SuccessRate.ShouldBeGreaterThanOrEqualTo(rate);
        result.Summary.SuccessRateInterval95.Low.ShouldBeLessThan(1);
        result.Summary.Changed!.Value.Value.ShouldBeLessThanOrEqualTo(2);
        result.Features.Count.ShouldBe(int.Parse(features, CultureInfo.InvariantCulture));
        result.Features[0].Changed.ShouldBe(0);
        (result.Rows.Count + result.Skipped.Count).ShouldBe(60);
        result.Rows.ShouldAllBe(row => constraints.Violation(row.Original.ToArray(), (row.Adversarial ?? row.Original).ToArray()) == null);
        result.Rows.Where(row => row.Success).ShouldAllBe(row => row.Before != row.After && Math.Abs(constraints.Distance(row.Original.ToArray(), row.Adversarial!.ToArray()).L1 - row.Cost!.Value) < 1e-9);
        result.Rows.ShouldAllBe(row => row.Queries <= 160);

        // Asked anew, without the attack.
        using var fresh = OnnxTableModel.Load(Model(model));
        using OnnxTableOracle oracle = fresh.Open(constraints, [.. result.Rows.Select(row => (ReadOnlyMemory<float>)row.Original.ToArray())]);
        TableOutcome[] turned = [.. result.Rows.Where(row => row.Success)];
        string[] names = [.. result.Model.ClassNames!];
        IReadOnlyList<string> labels = oracle.Labels([.. turned.Select(row => (ReadOnlyMemory<float>)row.Adversarial!.ToArray())])!;
        labels.ShouldBe(turned.Select(row => row.After!));
        labels.ShouldAllBe(name => names.Contains(name));
        File.ReadAllText(Path.Combine(Out, "report.html")).ShouldContain("Which features move");
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "result.json"))).RootElement.GetProperty("partial").GetBoolean().ShouldBeFalse();
        Zo.Run("report", Out).Done();
    }

    [Fact]
    public void A_ZipMap_changes_nothing()
    {
        IReadOnlyList<TableOutcome> with = Rows("sklearn-vector"), without = Rows("sklearn-no-zipmap");
        with.Select(row => (row.Change, row.Queries, row.After)).ShouldBe(without.Select(row => (row.Change, row.Queries, row.After)));

        IReadOnlyList<TableOutcome> Rows(string model) => TableResult.Parse(Zo.Run([.. Attack(model, "Grade"), "--budget", "100", "--count", "5", "--json"]).Done().Document).Rows;
    }

    [Fact]
    public void A_regression_is_moved_and_a_wanted_class_is_reached()
    {
        TableResult moved = TableResult.Parse(Zo.Run("attack", "--model", Model("mlnet-regression"), "--table", Csv, "--goal", "moved:5000", "--count", "8", "--budget", "300", "--out", Out, "--quiet", "--json").Done().Document);
        moved.Rows.Count.ShouldBe(8);
        moved.Rows.Where(row => row.Success).ShouldAllBe(row => Math.Abs(double.Parse(row.After!, CultureInfo.InvariantCulture) - double.Parse(row.Before, CultureInfo.InvariantCulture)) > 4999);
        moved.Summary.Successes.ShouldBeGreaterThan(6);

        TableResult good = TableResult.Parse(Zo.Run([.. Attack("sklearn-vector", "Grade"), "--goal", "class:good", "--count", "8", "--budget", "300", "--json"]).Done().Document);
        good.Rows.Where(row => row.Success).ShouldAllBe(row => row.After == "good" && row.Before != "good");
        good.Goal.ShouldBe("class good");
    }

    [Fact]
    public void Rows_without_classes_and_labels_alone_are_attacked_too()
    {
        string output = Zo.Run([.. Attack("sklearn-columns", "predicted"), "--labels-only", "--budget", "200"]).Done().Output;
        output.ShouldContain("60 rows were turned");
        output.ShouldNotContain("The model is right");
    }

    [Fact]
    public void An_interrupted_attack_on_a_table_resumes_to_the_same_rows()
    {
        string[] args = [.. Attack("mlnet-fasttree", "PaidBack").Where(word => word != "--quiet"), "--budget", "400", "--count", "20", "--checkpoint-every", "0.01"];
        TableResult whole = TableResult.Parse(Zo.Run([.. args.Select(word => word == Out ? _folder.File("whole") : word), "--json"]).Done().Document);

        using var cancellation = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new ActingWriter(cancellation.Cancel);
        Application.Run(new Session(args, new Terminal(output, error, null, () => 80), cancellation.Token)).ShouldBe(ExitCode.Interrupted, error.ToString());
        error.ToString().ShouldContain($"resume with --resume {Out}");
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "result.json"))).RootElement.GetProperty("partial").GetBoolean().ShouldBeTrue();

        TableResult resumed = TableResult.Parse(Zo.Run("attack", "--resume", Out, "--json").Done().Document);
        resumed.Rows.Select(Written).ShouldBe(whole.Rows.Select(Written));
        resumed.Summary.ShouldBe(whole.Summary);
        Directory.GetFiles(Out, "run.*").ShouldBeEmpty();

        static string Written(TableOutcome row) => JsonSerializer.Serialize(row);
    }

    [Fact]
    public void Missing_values_stay_missing_and_unanswered_rows_are_skipped()
    {
        string csv = Text("missing.csv", File.ReadAllText(Csv).Replace("66,29300,1,", ",29300,1,", StringComparison.Ordinal));
        TableResult trees = TableResult.Parse(Zo.Run("attack", "--model", Model("mlnet-fasttree"), "--table", csv, "--label", "PaidBack", "--budget", "200", "--count", "3", "--out", Out, "--quiet", "--json").Done().Document);
        trees.Rows[0].Row.ShouldBe(1);
        float.IsNaN(trees.Rows[0].Original[0]).ShouldBeTrue();
        float.IsNaN(trees.Rows[0].Adversarial![0]).ShouldBeTrue();

        TableResult linear = TableResult.Parse(Zo.Run("attack", "--model", Model("sklearn-columns"), "--table", csv, "--label", "PaidBack", "--budget", "100", "--out", Out, "--quiet", "--json").Done().Document);
        linear.Skipped.ShouldContain(row => row.Row == 1 && row.Reason.StartsWith("the model gives it no finite score"));
    }

    [Fact]
    public void Inspect_describes_the_model_and_what_rows_can_be()
    {
        string bare = Zo.Run("inspect", Model("mlnet-fasttree")).Done().Output;
        bare.ShouldContain("Debts: whole numbers (Int32 [N, 1])");
        bare.ShouldContain("Job: texts (String [N, 1])");
        bare.ShouldContain("classes    False, True");
        bare.ShouldNotContain("Grade");

        string saved = _folder.File("learned.json");
        string with = Zo.Run("inspect", Model("mlnet-fasttree"), "--table", Csv, "--label", "PaidBack", "--save-constraints", saved).Done().Output;
        with.ShouldContain("of 60 are classified correctly");
        with.ShouldContain("Age: whole numbers 18..");
        with.ShouldContain("Job: one of employed, none, self-employed");
        FeatureConstraints.Parse(File.ReadAllText(saved)).Count.ShouldBe(6);
        Zo.Run("inspect", Model("sklearn-vector")).Done().Output.ShouldContain("float_input: numbers (Float [N, 4]), all columns in this order");
        Zo.Run("inspect", Model("mlnet-grades")).Done().Output.ShouldContain("classes    poor, good, fair");
        Zo.Run("inspect", Model("mlnet-regression")).Done().Output.ShouldContain("a model that predicts a number");
    }

    public static TheoryData<string, string> BadTables => new()
    {
        { "", "is empty; give a CSV file" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n", "has a header but no row" },
        { "Age,Income,Age,YearsEmployed,OwnsHome,Job,PaidBack\n1,2,3,4,5,6,7\n", "Column 3 of .+ has the name 'Age', which is empty or given twice" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,1,true,none,True\n30,1,1\n", "Row 2 of .+ \\(the last one, so the file may have been cut short\\) has 3 cells, but the header has 7" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,1,true,none,True,9\n30,1,1,1,true,none,True\n", "Row 1 of .+ has 8 cells, but the header has 7" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,1,true,\"non", "near row 1: a quoted cell has no closing quote, so the file was cut short" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,Paid\n30,1,1,1,true,none,True\n", "--label PaidBack: .+ has no such column; it has 'Age', 'Income', 'Debts', 'YearsEmployed', 'OwnsHome', 'Job', 'Paid'" },
        { "Age,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,true,none,True\n", "has no column 'Income', which the model takes" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,1,true,none,maybe\n", "Row 1 of .+ has the class 'maybe' in column 'PaidBack', which is none of the model's classes 'False', 'True'" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,16777217,1,true,none,True\n", "'16777217' in column 'Debts', which is beyond 2\\^24 = 16,777,216" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,,1,true,none,True\n", "Row 1 of .+ has '' in column 'Debts', which is missing" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,a lot,1,1,true,none,True\n", "has 'a lot' in column 'Income', which is no number" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1.5,1,true,none,True\n", "has '1.5' in column 'Debts', which is no whole number" },
        { "Age,Income,Debts,YearsEmployed,OwnsHome,Job,PaidBack\n30,1,1,1,perhaps,none,True\n", "'perhaps' in column 'OwnsHome', which is neither true nor false" },
    };

    [Theory]
    [MemberData(nameof(BadTables))]
    public void A_bad_table_is_refused_in_one_sentence(string text, string says)
    {
        string csv = Text("bad.csv", text);
        Refused(["attack", "--model", Model("mlnet-fasttree"), "--table", csv, "--label", "PaidBack", "--out", Out]).ShouldMatch(says);
        Directory.Exists(Out).ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{ "features": [ { "name": "Agee", "immutable": true } ] }""", "--constraints: There is no feature 'Agee'; the features are Age, Income")]
    [InlineData("""{ "features": [ { "name": "Age", "min": 90 } ] }""", "--constraints: .*'Age'|--constraints.*range")]
    [InlineData("""{ "features": [ { "name": "Debts", "max": 1 } ] }""", "Row \\d+ breaks the constraints: 'Debts'")]
    [InlineData("""{ "groups": [ ["Age", "Debts"], ["Debts", "Income"] ] }""", "--constraints: The constraints contradict each other: feature 'Debts' is in two one-hot groups|--constraints: The constraints contradict")]
    [InlineData("""{ "features": [ { "name": "Income", "min": 0, "max": 100000000 } ] }""", "--constraints: .*2\\^24")]
    [InlineData("""{ "features": [ { "name": "Job", "categories": ["employed"] } ] }""", "which is none of its categories 'employed'; add it to the constraints")]
    [InlineData("""{ "features": [ { "name": "Age", "immutable": true }, { "name": "Income", "immutable": true }, { "name": "Debts", "immutable": true }, { "name": "YearsEmployed", "immutable": true }, { "name": "OwnsHome", "immutable": true }, { "name": "Job", "immutable": true } ] }""", "The constraints say of every feature that it cannot change")]
    [InlineData("not JSON", "--constraints: The constraints cannot be read as JSON")]
    public void Bad_constraints_are_refused_in_one_sentence(string json, string says) =>
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--constraints", Text("c.json", json)]).ShouldMatch(says);

    [Fact]
    public void What_does_not_fit_is_said()
    {
        Refused(Attack("mlnet-hashed", "PaidBack")).ShouldContain("hashes a column (MurmurHash3): values that share a hash are the same to it");
        Refused(["attack", "--model", Model("mlnet-fasttree"), "--table", Csv]).ShouldContain("--label is missing; name the column with the true classes");
        Refused(["attack", "--table", Csv, "--label", "PaidBack"]).ShouldContain("--model is missing");
        Refused(["attack", "--model", Model("mlnet-fasttree")]).ShouldContain("scores rows of a table, not images; name the rows with --table");
        Refused(["attack", "--model", Model("mlnet-fasttree"), "--table", _folder.File("none.csv"), "--label", "PaidBack"]).ShouldContain("none.csv does not exist");
        Refused(["attack", "--model", "mnist-lenet", "--table", Csv, "--label", "PaidBack"]).ShouldContain("takes no column of a table");
        Refused(["attack", "--label", "PaidBack"]).ShouldContain("--label is for a table, but none is given");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--target", "1"]).ShouldContain("--target has no effect on a table; name the wanted class with --goal class:NAME");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--dataset", "mnist"]).ShouldContain("--dataset has no effect on a table");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--epsilon", "0.1"]).ShouldContain("--epsilon has no effect on a table");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--optimizer", "square"]).ShouldContain("square is a method for images");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--distortion-weight", "bisection"]).ShouldContain("A bisection of c is for images");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--goal", "class:Maybe"]).ShouldContain("--goal names the class 'Maybe', but the model's classes are 'False', 'True'");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--goal", "above:3"]).ShouldContain("this model predicts classes");
        Refused([.. Attack("mlnet-fasttree", "PaidBack"), "--features", "Age"]).ShouldContain("--features is for a model with one input");
        Refused(["attack", "--model", Model("mlnet-regression"), "--table", Csv]).ShouldContain("--goal is missing: this model predicts a number");
        Refused(["attack", "--model", Model("sklearn-vector"), "--table", Csv, "--label", "Grade"]).ShouldContain("takes 4 values per row, but");
        Refused(["inspect", Model("mlnet-fasttree"), "--save-constraints", Out]).ShouldContain("--save-constraints needs a table");
    }

    private static string Csv { get; } = Path.Combine(AppContext.BaseDirectory, "Tables", "applicants.csv");

    private static string Model(string name) => Path.Combine(AppContext.BaseDirectory, "Tables", $"{name}.onnx");

    private string[] Attack(string model, string label) =>
        ["attack", "--model", Model(model), "--table", Csv, "--label", label, "--out", Out, "--quiet", .. model is "sklearn-vector" or "sklearn-no-zipmap" ? ["--features", string.Join(',', Columns)] : Array.Empty<string>()];

    private static string Refused(string[] args)
    {
        Outcome outcome = Zo.Run(args);
        outcome.Code.ShouldBe(ExitCode.BadInput, outcome.Error + outcome.Output);
        outcome.Error.TrimEnd().Split('\n').ShouldHaveSingleItem().ShouldStartWith("zo: ");
        return outcome.Error;
    }

    private string Text(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    private sealed class ActingWriter(Action act) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.StartsWith('\r') == true)
            {
                act();
            }
        }
    }
}

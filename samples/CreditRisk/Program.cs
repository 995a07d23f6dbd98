using CreditRisk;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder;

string[] columns = ["Age", "Income", "Debts", "YearsEmployed", "OwnsHome", "Job"];
int count = args is [var given, ..] && int.TryParse(given, out int rows) && rows >= 50 ? rows : args.Length == 0 ? 500 : 0;
if (count == 0)
{
    Console.Error.WriteLine($"'{args[0]}' is no number of rows from 50 on; give one, or nothing for 500.");
    return 2;
}

// 1. A model that scores the raw columns of the table.
var ml = new MLContext(seed: 1);
IDataView all = ml.Data.LoadFromEnumerable(Applicant.Generate(2 * count));
IDataView applicants = ml.Data.SkipRows(all, count);
ITransformer model = ml.Transforms.Categorical.OneHotEncoding("JobCode", "Job")
    .Append(ml.Transforms.Conversion.ConvertType(
        [new InputOutputColumnPair("DebtsNumber", "Debts"), new InputOutputColumnPair("HomeNumber", "OwnsHome")], DataKind.Single))
    .Append(ml.Transforms.Concatenate("Features", "Age", "Income", "DebtsNumber", "YearsEmployed", "HomeNumber", "JobCode"))
    .Append(ml.BinaryClassification.Trainers.FastTree())
    .Fit(ml.Data.TakeRows(all, count));

// 2. What an application can be: learned from the data, then corrected by what only people know.
FeatureConstraints constraints = FeatureConstraints.Learn(all, columns);
constraints.Slot("Age").Immutable();
constraints.Slot("Income").Step(100);
constraints.Slot("YearsEmployed").OnlyIncrease();
constraints.Ordered("YearsEmployed", "Age");
Console.WriteLine("What an application can be:");
Console.WriteLine(constraints);

// 3. How easily a decision is turned.
using BlackBoxAttackTransformer attack = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
{
    Target = ml.ZerothOrder().FromTransformer(model),
    InputColumnNames = columns,
    Constraints = constraints,
    Attack = new AttackOptions { Limits = new RunLimits { Iterations = 40 } },
}).Fit(applicants);
IDataView attacked = ml.Data.Cache(attack.Transform(applicants), [.. columns, .. columns.Select(name => $"Adversarial.{name}"), "Success", "Queries", "QueriesToSuccess", "Distortion"]);
RobustnessMetrics metrics = ml.ZerothOrder().EvaluateRobustness(attacked);
Interval interval = metrics.SuccessRateInterval95;
Console.WriteLine($"{metrics.Attacked} of {metrics.Rows} decisions are right. {metrics.Successes} of them can be turned: {metrics.SuccessRate:P1} (95 % interval {interval.Low:P1} to {interval.High:P1}),");
Console.WriteLine($"half of them within {metrics.MedianQueriesToSuccess} queries.");

// 4. Which features move.
bool[] fell = [.. attacked.GetColumn<bool>("Success")];
foreach (string name in columns)
{
    string[] before = [.. Text(name)], after = [.. Text($"Adversarial.{name}")];
    Console.WriteLine($"  {name} changes in {before.Where((value, i) => fell[i] && value != after[i]).Count()} of {fell.Count(x => x)}");
}

// 5. What would have to change for an application to be accepted.
Console.WriteLine("What would have to change:");
var options = new CounterfactualOptions { InputColumnNames = columns, Constraints = constraints, Target = 1 };
foreach (Counterfactual answer in ml.ZerothOrder().Counterfactuals(model, ml.Data.TakeRows(applicants, 20), options).Take(3))
{
    Console.WriteLine($"  Application {answer.Row}: {answer.Sentence}");
}

return 0;

IEnumerable<string> Text(string column)
{
    DataViewType type = attacked.Schema[column].Type;
    return type is TextDataViewType ? attacked.GetColumn<string>(column)
        : type is BooleanDataViewType ? attacked.GetColumn<bool>(column).Select(value => $"{value}")
        : type == NumberDataViewType.Int32 ? attacked.GetColumn<int>(column).Select(value => $"{value}") : attacked.GetColumn<float>(column).Select(value => $"{value}");
}

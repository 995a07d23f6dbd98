using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A generated table of applications for credit.</summary>
internal static class Applicants
{
    public static readonly string[] Numbers = ["Age", "Income", "Debts", "Years", "OwnsHome", "Ratio"];

    public static readonly string[] Raw = ["Age", "Income", "Debts", "Years", "OwnsHome", "Job"];

    public static IEnumerable<Applicant> Rows(int count, int seed = 3)
    {
        var random = new Random(seed);
        string[] jobs = ["employed", "self-employed", "none"];
        for (int i = 0; i < count; i++)
        {
            int age = random.Next(18, 76), debts = (int)(8 * random.NextDouble() * random.NextDouble()), job = random.Next(10) switch { < 6 => 0, < 8 => 1, _ => 2 };
            float income = MathF.Round((float)(12_000 + (60_000 * random.NextDouble() * random.NextDouble()) + (job == 2 ? 0 : 15_000)));
            int years = random.Next(0, Math.Min(40, age - 17));
            bool owns = random.Next(3) == 0;
            float ratio = (float)Math.Round(random.NextDouble(), 2);
            double score = (income / 12_000.0) - (0.9 * debts) + (0.08 * years) + (owns ? 0.8 : 0) - (job == 2 ? 1 : 0) - (1.5 * ratio) - 2.2 + (0.6 * (random.NextDouble() - 0.5));
            yield return new Applicant { Age = age, Income = income, Debts = debts, Years = years, OwnsHome = owns, Ratio = ratio, Job = jobs[job], Label = score > 0, Limit = (float)(1000 * Math.Max(0, score)) };
        }
    }

    public static IDataView View(MLContext ml, int count = 300) => ml.Data.LoadFromEnumerable(Rows(count));

    /// <summary>The numbers of the table as one vector.</summary>
    public static IDataView Vectors(MLContext ml, int count = 300)
    {
        IDataView view = View(ml, count);
        return ml.Transforms.Conversion.ConvertType("OwnsHome", outputKind: DataKind.Single).Append(ml.Transforms.Concatenate("Features", Numbers)).Fit(view).Transform(view);
    }

    public static FeatureConstraints Constraints(IDataView vectors)
    {
        FeatureConstraints constraints = FeatureConstraints.Learn(vectors);
        constraints.Slot("Age").Immutable();
        constraints.Slot("Years").OnlyIncrease();
        return constraints.Ordered("Years", "Age");
    }

    internal sealed class Applicant
    {
        public float Age { get; set; }

        public float Income { get; set; }

        public float Debts { get; set; }

        public float Years { get; set; }

        public bool OwnsHome { get; set; }

        public float Ratio { get; set; }

        public string Job { get; set; } = "";

        public bool Label { get; set; }

        public float Limit { get; set; }
    }
}

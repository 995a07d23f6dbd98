using Microsoft.ML.Data;

namespace CreditRisk;

/// <summary>An application for credit.</summary>
public sealed class Applicant
{
    /// <summary>In years.</summary>
    public float Age { get; set; }

    /// <summary>A year's, rounded to 100.</summary>
    public float Income { get; set; }

    /// <summary>Open debts.</summary>
    public int Debts { get; set; }

    /// <summary>Since the last change of employer.</summary>
    public float YearsEmployed { get; set; }

    /// <summary>Whether the applicant owns a home.</summary>
    public bool OwnsHome { get; set; }

    /// <summary>employed, self-employed or none.</summary>
    public string Job { get; set; } = "";

    /// <summary>Whether the credit was paid back.</summary>
    [ColumnName("Label")]
    public bool PaidBack { get; set; }

    /// <summary>Generates applications, the same ones each time.</summary>
    public static IEnumerable<Applicant> Generate(int count)
    {
        var random = new Random(1);
        for (int i = 0; i < count; i++)
        {
            int age = random.Next(18, 76), job = random.Next(10) switch { < 6 => 0, < 8 => 1, _ => 2 };
            var applicant = new Applicant
            {
                Age = age,
                Income = 100 * MathF.Round((float)((job == 2 ? 80 : 200) + (600 * random.NextDouble() * random.NextDouble()))),
                Debts = (int)(9 * random.NextDouble() * random.NextDouble()),
                YearsEmployed = job == 2 ? 0 : random.Next(0, Math.Min(40, age - 17)),
                OwnsHome = random.Next(3) == 0,
                Job = job switch { 0 => "employed", 1 => "self-employed", _ => "none" },
            };
            double score = (applicant.Income / 15_000) - (0.8 * applicant.Debts) + (0.06 * applicant.YearsEmployed) + (applicant.OwnsHome ? 0.8 : 0) - (job == 1 ? 0.3 : 0) - 1.2;
            applicant.PaidBack = score + random.NextDouble() - 0.5 > 0;
            yield return applicant;
        }
    }
}

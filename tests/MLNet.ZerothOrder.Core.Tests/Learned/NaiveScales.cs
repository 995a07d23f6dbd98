namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>What a learned optimizer makes scales of, in double precision.</summary>
internal sealed class NaiveScales
{
    /// <summary>r, the largest root mean square of the estimates so far.</summary>
    public double Largest { get; private set; }

    /// <summary>ρ, the length per coordinate of a Polyak step at the start.</summary>
    public double Unit { get; private set; }

    /// <summary>A step's estimate in units of r.</summary>
    public float[] Normalise(float[] estimate, Evaluation[] answers)
    {
        double squares = estimate.Sum(g => (double)g * g);
        Largest = Math.Max(Largest, Math.Sqrt(squares / estimate.Length));
        if (Unit == 0)
        {
            // The expected square of an estimate from q directions is so much larger than that of the gradient.
            double gradient = Math.Sqrt(squares / (1 + ((estimate.Length + 1.0) / (answers.Length - 1))));
            Unit = Math.Abs(answers[0].Loss) / gradient / Math.Sqrt(estimate.Length);
        }

        return [.. estimate.Select(g => (float)(g / Largest))];
    }

    /// <summary>ρR, the unit of Δθ as QueryRNN sees it; 1 for R before any update.</summary>
    public double Seen => Unit * (LargestUpdate > 0 ? LargestUpdate : 1);

    /// <summary>R.</summary>
    public double LargestUpdate { get; private set; }

    /// <summary>Takes what θ moved by into account.</summary>
    public void Moved(IReadOnlyList<float> move) =>
        LargestUpdate = Math.Max(LargestUpdate, Math.Sqrt(move.Average(m => (double)m * m)) / Unit);
}

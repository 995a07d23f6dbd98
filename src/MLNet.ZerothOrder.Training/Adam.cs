namespace MLNet.ZerothOrder.Training;

/// <summary>Adam over the weights, in double so that a resumed run goes on bit for bit.</summary>
internal sealed class Adam(int count, double epsilon)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;

    public double[] First { get; } = new double[count];

    public double[] Second { get; } = new double[count];

    public int Steps { get; set; }

    public void Step(ReadOnlySpan<double> gradient, double rate, Span<float> weights)
    {
        Steps++;
        double firstHat = 1 / (1 - Math.Pow(Beta1, Steps));
        double secondHat = 1 / (1 - Math.Pow(Beta2, Steps));
        for (int i = 0; i < weights.Length; i++)
        {
            double g = gradient[i];
            First[i] = (Beta1 * First[i]) + ((1 - Beta1) * g);
            Second[i] = (Beta2 * Second[i]) + ((1 - Beta2) * g * g);
            weights[i] = (float)(weights[i] - (rate * First[i] * firstHat / (Math.Sqrt(Second[i] * secondHat) + epsilon)));
        }
    }
}

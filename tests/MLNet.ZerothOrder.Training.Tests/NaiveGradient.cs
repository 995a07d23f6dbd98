namespace MLNet.ZerothOrder.Tests;

/// <summary>The gradient of a <see cref="GradientCase"/> in double precision.</summary>
/// <param name="Weights">∂L/∂weight, in the order of <see cref="RnnWeights.Values"/>.</param>
/// <param name="Inputs">∂L/∂input, T × I rows of d numbers.</param>
internal sealed record NaiveGradient(double[] Weights, double[] Inputs)
{
    // The differences' own error is then about 1e-10: a third derivative times its square, and rounding divided by it.
    private const double Nudge = 1e-5;

    public static NaiveGradient ByDifferences(GradientCase task)
    {
        var network = new NaiveNetwork(task.Weights);
        double[] values = [.. task.Weights.Values.ToArray().Select(v => (double)v)];
        var gradient = new NaiveGradient(new double[values.Length], new double[task.Inputs.Length]);
        for (int coordinate = 0; coordinate < task.Dimension; coordinate++)
        {
            double[] inputs = task.InputsOf(coordinate), state = task.StateOf(coordinate), outputGradient = task.OutputGradientOf(coordinate);
            for (int w = 0; w < values.Length; w++)
            {
                gradient.Weights[w] += Difference(values, w);
            }

            for (int row = 0; row < inputs.Length; row++)
            {
                gradient.Inputs[(row * task.Dimension) + coordinate] = Difference(inputs, row);
            }

            double Difference(double[] numbers, int place)
            {
                double number = numbers[place];
                numbers[place] = number + Nudge;
                double up = network.Loss(values, inputs, state, outputGradient);
                numbers[place] = number - Nudge;
                double down = network.Loss(values, inputs, state, outputGradient);
                numbers[place] = number;
                return (up - down) / (2 * Nudge);
            }
        }

        return gradient;
    }

    public static NaiveGradient ByBackpropagation(GradientCase task)
    {
        var gradient = new NaiveGradient(new double[task.Weights.Values.Length], new double[task.Inputs.Length]);
        for (int coordinate = 0; coordinate < task.Dimension; coordinate++)
        {
            double[] onInputs = new NaiveBackpropagation(task, coordinate).Run(gradient.Weights);
            for (int row = 0; row < onInputs.Length; row++)
            {
                gradient.Inputs[(row * task.Dimension) + coordinate] = onInputs[row];
            }
        }

        return gradient;
    }
}

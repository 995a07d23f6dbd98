namespace MLNet.ZerothOrder.Tests;

/// <summary>A coordinatewise RNN in double precision, one coordinate and one number after the other, as a book has it.</summary>
/// <param name="shape">Its I, H, K, skip connection and biases count; its values do not.</param>
internal sealed class NaiveNetwork(RnnWeights shape)
{
    private readonly double[] _h = new double[shape.Hidden];
    private readonly double[] _c = new double[shape.Hidden];
    private readonly double[] _sums = new double[4 * shape.Hidden];

    /// <summary>L = Σ outputGradient · output over the steps of one coordinate.</summary>
    /// <param name="values">The weights, in the order of <see cref="RnnWeights.Values"/>.</param>
    /// <param name="inputs">T × I.</param>
    /// <param name="state">(h, c) before the first step, 2H.</param>
    /// <param name="outputGradient">T × K.</param>
    public double Loss(double[] values, double[] inputs, double[] state, double[] outputGradient) => Dot(outputGradient, Outputs(values, inputs, state));

    /// <summary>The outputs of one coordinate's steps, T × K.</summary>
    /// <param name="values">The weights, in the order of <see cref="RnnWeights.Values"/>.</param>
    /// <param name="inputs">T × I.</param>
    /// <param name="state">(h, c) before the first step, 2H.</param>
    public double[] Outputs(double[] values, double[] inputs, double[] state)
    {
        int hidden = shape.Hidden;
        Array.Copy(state, 0, _h, 0, hidden);
        Array.Copy(state, hidden, _c, 0, hidden);
        var outputs = new double[inputs.Length / shape.Inputs * shape.Outputs];
        for (int t = 0; t * shape.Inputs < inputs.Length; t++)
        {
            ReadOnlySpan<double> x = inputs.AsSpan(t * shape.Inputs, shape.Inputs);
            int place = Step(values, x);
            for (int k = 0; k < shape.Outputs; k++)
            {
                double output = shape.HasBias ? values[values.Length - shape.Outputs + k] : 0;
                output += Dot(values.AsSpan(place + (k * hidden), hidden), _h);
                if (shape.HasSkip)
                {
                    output += Dot(values.AsSpan(place + (shape.Outputs * hidden) + (k * x.Length), x.Length), x);
                }

                outputs[(t * shape.Outputs) + k] = output;
            }
        }

        return outputs;
    }

    // Returns where the output layer's weights begin.
    private int Step(double[] values, ReadOnlySpan<double> x)
    {
        int hidden = shape.Hidden;
        int recurrent = 4 * hidden * x.Length;
        int biases = recurrent + (4 * hidden * hidden);
        for (int row = 0; row < 4 * hidden; row++)
        {
            _sums[row] = (shape.HasBias ? values[biases + row] : 0)
                + Dot(values.AsSpan(row * x.Length, x.Length), x)
                + Dot(values.AsSpan(recurrent + (row * hidden), hidden), _h);
        }

        for (int unit = 0; unit < hidden; unit++)
        {
            double i = Sigmoid(_sums[unit]), f = Sigmoid(_sums[hidden + unit]), g = Math.Tanh(_sums[(2 * hidden) + unit]), o = Sigmoid(_sums[(3 * hidden) + unit]);
            _c[unit] = (f * _c[unit]) + (i * g);
            _h[unit] = o * Math.Tanh(_c[unit]);
        }

        return biases + (shape.HasBias ? 4 * hidden : 0);
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

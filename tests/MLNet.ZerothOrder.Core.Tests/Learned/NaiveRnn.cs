namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>The networks' formulas in double precision, coordinate by coordinate, as a book has them.</summary>
internal sealed class NaiveRnn(RnnWeights weights, int dimension)
{
    private readonly double[,] _h = new double[dimension, weights.Hidden];
    private readonly double[,] _c = new double[dimension, weights.Hidden];

    /// <param name="inputs">I rows of d numbers.</param>
    /// <returns>K rows of d numbers.</returns>
    public double[][] Run(params double[][] inputs)
    {
        double[][] outputs = [.. Enumerable.Range(0, weights.Outputs).Select(_ => new double[dimension])];
        for (int coordinate = 0; coordinate < dimension; coordinate++)
        {
            double[] x = [.. inputs.Select(row => row[coordinate])];
            Step(coordinate, x);
            for (int k = 0; k < outputs.Length; k++)
            {
                outputs[k][coordinate] = Output(coordinate, k, x);
            }
        }

        return outputs;
    }

    private void Step(int coordinate, double[] x)
    {
        int units = weights.Hidden;
        var gates = new double[4, units];
        for (int gate = 0; gate < 4; gate++)
        {
            for (int unit = 0; unit < units; unit++)
            {
                int row = (gate * units) + unit;
                double sum = weights.HasBias ? weights.GateBiases[row] : 0;
                for (int k = 0; k < x.Length; k++)
                {
                    sum += weights.InputWeights[(row * x.Length) + k] * x[k];
                }

                for (int k = 0; k < units; k++)
                {
                    sum += weights.RecurrentWeights[(row * units) + k] * _h[coordinate, k];
                }

                gates[gate, unit] = sum;
            }
        }

        for (int unit = 0; unit < units; unit++)
        {
            double c = (Sigmoid(gates[1, unit]) * _c[coordinate, unit]) + (Sigmoid(gates[0, unit]) * Math.Tanh(gates[2, unit]));
            _c[coordinate, unit] = c;
            _h[coordinate, unit] = Sigmoid(gates[3, unit]) * Math.Tanh(c);
        }
    }

    private double Output(int coordinate, int k, double[] x)
    {
        double output = weights.HasBias ? weights.OutputBiases[k] : 0;
        for (int unit = 0; unit < weights.Hidden; unit++)
        {
            output += weights.OutputWeights[(k * weights.Hidden) + unit] * _h[coordinate, unit];
        }

        for (int i = 0; weights.HasSkip && i < x.Length; i++)
        {
            output += weights.SkipWeights[(k * x.Length) + i] * x[i];
        }

        return output;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>The networks' formulas in double precision, coordinate by coordinate, as a book has them.</summary>
internal sealed class NaiveRnn(RnnWeights weights, int dimension)
{
    private readonly double[,] _h = new double[dimension, weights.Hidden];
    private readonly double[,] _c = new double[dimension, weights.Hidden];

    public double[] Run(params double[][] inputs)
    {
        var output = new double[dimension];
        for (int coordinate = 0; coordinate < dimension; coordinate++)
        {
            output[coordinate] = Run(coordinate, [.. inputs.Select(x => x[coordinate])]);
        }

        return output;
    }

    private double Run(int coordinate, double[] x)
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

        double output = weights.HasBias ? weights.OutputBiases[0] : 0;
        for (int unit = 0; unit < units; unit++)
        {
            double c = (Sigmoid(gates[1, unit]) * _c[coordinate, unit]) + (Sigmoid(gates[0, unit]) * Math.Tanh(gates[2, unit]));
            double h = Sigmoid(gates[3, unit]) * Math.Tanh(c);
            _c[coordinate, unit] = c;
            _h[coordinate, unit] = h;
            output += weights.OutputWeights[unit] * h;
        }

        return output;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

namespace MLNet.ZerothOrder.Tests;

/// <summary>Reverse-mode differentiation of one coordinate's steps by hand: every number and every product by its own line.</summary>
internal sealed class NaiveBackpropagation
{
    private readonly RnnWeights _w;
    private readonly int _steps;
    private readonly double[] _x;
    private readonly double[] _onOutput;
    private readonly double[,] _h;
    private readonly double[,] _c;
    private readonly double[,] _i;
    private readonly double[,] _f;
    private readonly double[,] _g;
    private readonly double[,] _o;

    public NaiveBackpropagation(GradientCase task, int coordinate)
    {
        _w = task.Weights;
        _steps = task.Steps;
        _x = task.InputsOf(coordinate);
        _onOutput = task.OutputGradientOf(coordinate);
        int hidden = _w.Hidden;
        _h = new double[_steps + 1, hidden];
        _c = new double[_steps + 1, hidden];
        _i = new double[_steps, hidden];
        _f = new double[_steps, hidden];
        _g = new double[_steps, hidden];
        _o = new double[_steps, hidden];
        double[] state = task.StateOf(coordinate);
        for (int j = 0; j < hidden; j++)
        {
            _h[0, j] = state[j];
            _c[0, j] = state[hidden + j];
        }

        for (int t = 0; t < _steps; t++)
        {
            for (int j = 0; j < hidden; j++)
            {
                _i[t, j] = Sigmoid(Sum(t, j));
                _f[t, j] = Sigmoid(Sum(t, hidden + j));
                _g[t, j] = Math.Tanh(Sum(t, (2 * hidden) + j));
                _o[t, j] = Sigmoid(Sum(t, (3 * hidden) + j));
                _c[t + 1, j] = (_f[t, j] * _c[t, j]) + (_i[t, j] * _g[t, j]);
                _h[t + 1, j] = _o[t, j] * Math.Tanh(_c[t + 1, j]);
            }
        }
    }

    /// <summary>Adds to the weights' gradient; returns the inputs', T × I.</summary>
    public double[] Run(double[] onWeights)
    {
        int hidden = _w.Hidden, inputs = _w.Inputs, outputs = _w.Outputs;
        int biases = 4 * hidden * (inputs + hidden);
        int output = biases + (_w.HasBias ? 4 * hidden : 0);
        int skip = output + (outputs * hidden);
        var onInputs = new double[_x.Length];
        double[] onH = new double[hidden], onC = new double[hidden];
        for (int t = _steps - 1; t >= 0; t--)
        {
            for (int k = 0; k < outputs; k++)
            {
                double on = _onOutput[(t * outputs) + k];
                for (int j = 0; j < hidden; j++)
                {
                    onWeights[output + (k * hidden) + j] += on * _h[t + 1, j];
                    onH[j] += on * _w.OutputWeights[(k * hidden) + j];
                }

                for (int n = 0; n < inputs && _w.HasSkip; n++)
                {
                    onWeights[skip + (k * inputs) + n] += on * _x[(t * inputs) + n];
                    onInputs[(t * inputs) + n] += on * _w.SkipWeights[(k * inputs) + n];
                }

                if (_w.HasBias)
                {
                    onWeights[onWeights.Length - outputs + k] += on;
                }
            }

            var onSums = new double[4 * hidden];
            for (int j = 0; j < hidden; j++)
            {
                double tanh = Math.Tanh(_c[t + 1, j]);
                double onO = onH[j] * tanh;
                onC[j] += onH[j] * _o[t, j] * (1 - (tanh * tanh));
                double onI = onC[j] * _g[t, j];
                double onF = onC[j] * _c[t, j];
                double onG = onC[j] * _i[t, j];
                onC[j] *= _f[t, j];
                onSums[j] = onI * _i[t, j] * (1 - _i[t, j]);
                onSums[hidden + j] = onF * _f[t, j] * (1 - _f[t, j]);
                onSums[(2 * hidden) + j] = onG * (1 - (_g[t, j] * _g[t, j]));
                onSums[(3 * hidden) + j] = onO * _o[t, j] * (1 - _o[t, j]);
            }

            Array.Clear(onH);
            for (int row = 0; row < 4 * hidden; row++)
            {
                for (int n = 0; n < inputs; n++)
                {
                    onWeights[(row * inputs) + n] += onSums[row] * _x[(t * inputs) + n];
                    onInputs[(t * inputs) + n] += onSums[row] * _w.InputWeights[(row * inputs) + n];
                }

                for (int j = 0; j < hidden; j++)
                {
                    onWeights[(4 * hidden * inputs) + (row * hidden) + j] += onSums[row] * _h[t, j];
                    onH[j] += onSums[row] * _w.RecurrentWeights[(row * hidden) + j];
                }

                if (_w.HasBias)
                {
                    onWeights[biases + row] += onSums[row];
                }
            }
        }

        return onInputs;
    }

    private double Sum(int t, int row)
    {
        double sum = _w.HasBias ? _w.GateBiases[row] : 0;
        for (int n = 0; n < _w.Inputs; n++)
        {
            sum += _w.InputWeights[(row * _w.Inputs) + n] * _x[(t * _w.Inputs) + n];
        }

        for (int j = 0; j < _w.Hidden; j++)
        {
            sum += _w.RecurrentWeights[(row * _w.Hidden) + j] * _h[t, j];
        }

        return sum;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

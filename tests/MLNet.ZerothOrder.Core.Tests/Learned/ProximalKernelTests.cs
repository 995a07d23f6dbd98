using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class ProximalKernelTests
{
    private const float Rms = 3;

    public static TheoryData<int> Dimensions => [1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 100];

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Features_of_a_coordinates_own_are_those_of_their_documentation_on_every_width(int dimension)
    {
        var numbers = new Numbers(dimension);
        float[] first = numbers.Features(Width.All[0]);
        for (int i = 0; i < dimension; i++)
        {
            double[] expected = numbers.Documented(i);
            for (int k = 0; k < expected.Length; k++)
            {
                ((double)first[(k * dimension) + i]).ShouldBe(expected[k], 2e-6, $"feature {k} of coordinate {i}");
            }
        }

        foreach (Width width in Width.All)
        {
            Bits.MustEqual(numbers.Features(width), first, width.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Outputs_become_a_gradient_and_rates_as_documented_on_every_width(int dimension)
    {
        const float Rate = 0.7f, Limit = 4;
        float[] memory = Models.Normals(RandomKey.FromSeed(1), dimension, Rms);

        // Some are held at the limit.
        float[] outputs = Models.Normals(RandomKey.FromSeed(2), 3 * dimension, 2.5f);
        float[][] made = [.. Width.All.Select(width =>
        {
            float[] direction = new float[dimension], rates = new float[dimension];
            width.Run(new ProximalOutputs(memory, outputs, Rms, Rate, Limit, direction, rates));
            return (float[])[.. direction, .. rates];
        })];

        for (int i = 0; i < dimension; i++)
        {
            double gain = Math.Exp(Math.Clamp(outputs[i], -4.0, 4));
            double added = Rms * outputs[dimension + i] / 2.0;
            double sign = Math.Sign(memory[i]);
            ((double)made[0][i]).ShouldBe(sign * ((Math.Abs(memory[i]) * gain) + added), 1e-6 * ((Math.Abs(memory[i]) * gain) + Math.Abs(added)));
            double rate = Rate * Math.Exp(Math.Clamp(outputs[(2 * dimension) + i], -4.0, 4));
            ((double)made[0][dimension + i]).ShouldBe(rate, 1e-6 * rate);
        }

        foreach (float[] one in made)
        {
            Bits.MustEqual(one, made[0], "one of the widths");
        }
    }

    [Fact]
    public void Outputs_of_zero_leave_the_memory_and_the_base_rate_exactly_as_they_are()
    {
        float[] memory = [1.2345f, -6.789f, 0, 1e-30f, -1e30f];
        foreach (Width width in Width.All)
        {
            float[] direction = new float[5], rates = new float[5];
            width.Run(new ProximalOutputs(memory, new float[15], Rms, 0.7f, 4, direction, rates));
            Bits.MustEqual(direction, memory, width.ToString());
            rates.ShouldAllBe(rate => rate == 0.7f);
        }
    }

    [Fact]
    public void A_NaN_among_the_outputs_stays_one()
    {
        foreach (Width width in Width.All)
        {
            float[] direction = new float[1], rates = new float[1];
            width.Run(new ProximalOutputs([1], [float.NaN, 0, float.NaN], Rms, 0.7f, 4, direction, rates));
            (float.IsNaN(direction[0]), float.IsNaN(rates[0])).ShouldBe((true, true));
        }
    }

    /// <summary>All that the features are made of, signs and zeros of every kind among them.</summary>
    private sealed class Numbers
    {
        private const float InnovationRms = 0.5f;
        private const float BoxWidth = 2;

        private readonly int _dimension;
        private readonly float[][] _rows;

        public Numbers(int dimension)
        {
            _dimension = dimension;
            _rows = [.. Enumerable.Range(0, 8).Select(row => Models.Normals(RandomKey.FromSeed(row), dimension, row == 0 ? Rms : 1))];
            for (int i = 0; i < dimension; i++)
            {
                _rows[0][i] = i % 11 == 10 ? 0 : i % 13 == 12 ? 1e-20f : _rows[0][i];
                _rows[4][i] = i % 3 == 0 ? 0 : i % 3 == 1 && i % 2 == 0 ? -0f : _rows[4][i];
                _rows[5][i] = Math.Abs(_rows[5][i]);
                _rows[6][i] = Math.Abs(_rows[6][i]);
            }
        }

        public float[] Features(Width width)
        {
            var features = new float[ProximalFeatures.Own * _dimension];
            width.Run(new ProximalFeatures(
                _rows[0], _rows[1], _rows[2], _rows[3], _rows[4], _rows[5], _rows[6], _rows[7], 1 / Rms, 1 / InnovationRms, 1 / BoxWidth, features));
            return features;
        }

        public double[] Documented(int i)
        {
            double g = _rows[0][i], s = g < 0 ? -1 : 1;
            return
            [
                0.5 * Math.Log((Math.Abs(g) / Rms) + 0.02),
                Phi(Math.Abs(g) / Rms),
                Phi(s * _rows[1][i] / InnovationRms),
                Phi(s * _rows[2][i] / Rms),
                Phi(s * _rows[3][i] / Rms),
                Phi(4 * s * _rows[4][i] / BoxWidth),
                _rows[4][i] == 0 ? 1 : 0,
                (s > 0 ? _rows[5][i] : _rows[6][i]) / BoxWidth,
                Phi(10 * s * _rows[7][i] / BoxWidth),
            ];
        }

        private static double Phi(double x) => x / (1 + Math.Abs(x));
    }
}

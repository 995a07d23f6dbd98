using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class LstmCellTests
{
    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(10f, 10f)]
    [InlineData(40f, 1e5f)]
    [InlineData(1e-4f, 1e-4f)]
    [InlineData(1e30f, 1f)]
    public void A_cell_is_right_for_all_magnitudes(float gates, float cells)
    {
        float[] numbers = Models.Normals(RandomKey.FromSeed(1), 5 * 20_000);
        for (int k = 0; k < numbers.Length; k += 5)
        {
            float i = gates * numbers[k], f = gates * numbers[k + 1], g = gates * numbers[k + 2], o = gates * numbers[k + 3];
            float old = cells * Math.Clamp(numbers[k + 4], -1, 1);
            ScalarLane c = ScalarLane.Broadcast(old);

            float h = Value(LstmCell.Step(Lane(i), Lane(f), Lane(g), Lane(o), ref c));

            double expected = (Sigmoid(f) * old) + (Sigmoid(i) * Math.Tanh(g));
            Math.Abs(Value(c) - expected).ShouldBeLessThan(1e-6 * Math.Max(1, Math.Abs(old)));
            Math.Abs(h - (Sigmoid(o) * Math.Tanh(Value(c)))).ShouldBeLessThan(1e-6);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_NaN_stays_one(int gate)
    {
        var sums = new float[4];
        sums[gate] = float.NaN;
        ScalarLane c = Lane(0.5f);

        float h = Value(LstmCell.Step(Lane(sums[0]), Lane(sums[1]), Lane(sums[2]), Lane(sums[3]), ref c));

        h.ShouldBe(float.NaN);
    }

    private static ScalarLane Lane(float value) => ScalarLane.Broadcast(value);

    private static float Value(ScalarLane lane)
    {
        float value = 0;
        lane.Store(ref value, 0);
        return value;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

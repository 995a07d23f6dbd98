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
    [InlineData(1f, 1f)]
    [InlineData(10f, 10f)]
    [InlineData(40f, 1e5f)]
    [InlineData(1e-4f, 1e-4f)]
    [InlineData(1e30f, 1f)]
    public void What_a_cell_leaves_to_backpropagation_is_right_for_all_magnitudes(float gates, float cells)
    {
        float[] numbers = Models.Normals(RandomKey.FromSeed(1), 5 * 20_000);
        for (int k = 0; k < numbers.Length; k += 5)
        {
            float old = cells * Math.Clamp(numbers[k + 4], -1, 1);
            ScalarLane i = Lane(gates * numbers[k]), f = Lane(gates * numbers[k + 1]), g = Lane(gates * numbers[k + 2]), o = Lane(gates * numbers[k + 3]), c = Lane(old);

            float h = Value(LstmCell.Step(ref i, ref f, ref g, ref o, ref c, out ScalarLane squashed));

            Math.Abs(Value(i) - Sigmoid(gates * numbers[k])).ShouldBeLessThan(3e-7);
            Math.Abs(Value(f) - Sigmoid(gates * numbers[k + 1])).ShouldBeLessThan(3e-7);
            Math.Abs(Value(g) - Math.Tanh(gates * numbers[k + 2])).ShouldBeLessThan(3e-7);
            Math.Abs(Value(o) - Sigmoid(gates * numbers[k + 3])).ShouldBeLessThan(3e-7);
            Math.Abs(Value(c) - (((double)Value(f) * old) + ((double)Value(i) * Value(g)))).ShouldBeLessThan(2e-7 * Math.Max(1, Math.Abs(old)));
            Math.Abs(Value(squashed) - Math.Tanh(Value(c))).ShouldBeLessThan(3e-7);
            h.ShouldBe(Value(o) * Value(squashed));
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
        ScalarLane i = Lane(sums[0]), f = Lane(sums[1]), g = Lane(sums[2]), o = Lane(sums[3]);
        c = Lane(0.5f);
        Value(LstmCell.Step(ref i, ref f, ref g, ref o, ref c, out _)).ShouldBe(float.NaN);
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

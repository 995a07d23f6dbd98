using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

public class LaneMathTests
{
    [Fact]
    public void Log_is_right_for_all_magnitudes_and_next_to_one()
    {
        for (int i = 0; i < 400_000; i++)
        {
            // Every 5000th float from the smallest normal one, and every float within 200,000 of 1.
            float x = BitConverter.Int32BitsToSingle(0x00800000 + (i * 5000));
            Check(x, LaneMath.Log(ScalarLane.Broadcast(x)), Math.Log(x));
            float nextToOne = BitConverter.Int32BitsToSingle(0x3F800000 - 200_000 + i);
            Check(nextToOne, LaneMath.Log(ScalarLane.Broadcast(nextToOne)), Math.Log(nextToOne));
            Check(
                nextToOne, LaneMath.Log(ScalarLane.Broadcast(nextToOne), -2, 31), -2 * Math.Log(nextToOne * Math.ScaleB(1, -31)));
            Check(nextToOne, LaneMath.Log(ScalarLane.Broadcast(nextToOne), 0.5f), 0.5 * Math.Log(nextToOne));
        }
    }

    [Fact]
    public void Sine_and_cosine_are_right_over_their_range()
    {
        for (int i = -200_000; i <= 200_000; i++)
        {
            float rightAngles = i / 400_000f;
            LaneMath.SineCosine(ScalarLane.Broadcast(rightAngles), out ScalarLane sine, out ScalarLane cosine);
            Check(rightAngles, sine, Math.Sin(Math.PI / 2 * rightAngles));
            Check(rightAngles, cosine, Math.Cos(Math.PI / 2 * rightAngles));
        }
    }

    private static void Check(float x, ScalarLane lane, double expected)
    {
        float actual = 0;
        lane.Store(ref actual, 0);
        (Math.Abs(actual - expected) <= 3e-7 * Math.Abs(expected)).ShouldBeTrue($"at {x:R}: {actual:R}, not {expected:R}");
    }
}

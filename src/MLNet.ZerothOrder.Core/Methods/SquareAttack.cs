using System.Buffers;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Square Attack (Andriushchenko, Croce, Flammarion, Hein: "Square Attack: a query-efficient black-box adversarial attack via random search", ECCV 2020), in an ℓ∞ or ℓ2 ball.
/// It starts with vertical stripes (ℓ∞) or a grid of bumps (ℓ2), redraws one square at a time, and keeps what lowers the margin. The side of the squares shrinks
/// by the published schedule, scaled to the number of steps. The initial share of the pixels is 0.05 in ℓ∞ and 0.1 in ℓ2.
/// </summary>
/// <remarks>One query a step, the first for the start. The published code never moves the square to the last row or column; this one does.</remarks>
internal sealed class SquareAttack() : AttackMethod("square")
{
    private const int MostDraws = 100;

    // Of 10,000 steps.
    private static readonly int[] Halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    // Streams of a step.
    private const ulong Row = 1;
    private const ulong Column = 2;
    private const ulong OtherRow = 3;
    private const ulong OtherColumn = 4;
    private const ulong Turn = 5;
    private const ulong Signs = 6;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Epsilon: not null, Norm: DistortionNorm.LInfinity or DistortionNorm.L2 };

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        AttackObjective attacked = Attacked(step);
        theta.CopyTo(directions);
        if (attacked.Settings.Norm == DistortionNorm.LInfinity)
        {
            AskInBox(step, attacked, directions);
        }
        else
        {
            AskInSphere(step, attacked, directions);
        }
    }

    // A run that starts from a change, such as a prior's, redraws squares of it from its first step on.
    private static bool IsFirst(in OptimizerStep step, ReadOnlySpan<float> change) => step.Number == 1 && !change.ContainsAnyExcept(0f);

    /// <summary>The share of the pixels in a square, from the initial share, the number of steps before and that of all steps.</summary>
    internal static double Share(double initial, int done, int steps)
    {
        int scaled = (int)((double)done / steps * 10_000);
        foreach (int start in Halvings)
        {
            initial = scaled > start ? initial / 2 : initial;
        }

        return initial;
    }

    private static void AskInBox(in OptimizerStep step, AttackObjective attacked, Span<float> change)
    {
        (int channels, int height, int width) = attacked.Shape;
        float epsilon = AllowedChange.Below(attacked.Settings.Epsilon!.Value);
        RandomKey signs = step.Key.Derive(Signs);
        if (IsFirst(step, change))
        {
            for (int c = 0; c < channels; c++)
            {
                for (int x = 0; x < width; x++)
                {
                    Fill(change, attacked.Shape, c, 0, x, height, 1, Sign(signs.Derive((ulong)((c * width) + x))) * epsilon);
                }
            }

            return;
        }

        int side = Math.Clamp((int)Math.Round(Math.Sqrt(Share(0.05, step.Number - 2, step.Horizon) * height * width)), 1, Math.Max(1, Math.Min(height, width) - 1));
        int row = CounterRandom.Index(step.Key.Derive(Row), height - side + 1);
        int column = CounterRandom.Index(step.Key.Derive(Column), width - side + 1);
        bool changes = false;
        for (int draw = 0; draw < MostDraws && !changes; draw++)
        {
            for (int c = 0; c < channels; c++)
            {
                changes |= Fill(change, attacked.Shape, c, row, column, side, side, Sign(signs.Derive((ulong)((draw * channels) + c))) * epsilon, attacked.Image);
            }
        }
    }

    // Sets a rectangle of a channel. Returns whether a pixel of the clipped image changes.
    private static bool Fill(Span<float> change, ImageShape shape, int channel, int row, int column, int height, int width, float value, ReadOnlySpan<float> image = default)
    {
        bool changes = false;
        for (int y = row; y < row + height; y++)
        {
            int from = (((channel * shape.Height) + y) * shape.Width) + column;
            for (int i = from; i < from + width; i++)
            {
                changes |= image.Length > 0 && Math.Clamp(image[i] + change[i], 0, 1) != Math.Clamp(image[i] + value, 0, 1);
                change[i] = value;
            }
        }

        return changes;
    }

    private static void AskInSphere(in OptimizerStep step, AttackObjective attacked, Span<float> change)
    {
        (int channels, int height, int width) = attacked.Shape;
        double epsilon = attacked.Settings.Epsilon!.Value;
        RandomKey signs = step.Key.Derive(Signs);
        int most = Math.Min(height, width);
        if (IsFirst(step, change))
        {
            int side = Math.Max(1, most / 5);
            float[] pattern = ArrayPool<float>.Shared.Rent(side * side);
            int rows = height / side, columns = width / side;
            for (int bump = 0; bump < rows * columns; bump++)
            {
                Bumps(side, Sign(step.Key.Derive(Turn).Derive((ulong)bump)) > 0, pattern);
                for (int c = 0; c < channels; c++)
                {
                    int sign = Sign(signs.Derive((ulong)((bump * channels) + c)));
                    for (int i = 0; i < side * side; i++)
                    {
                        change[At(attacked.Shape, c, ((height % side) / 2) + (bump / columns * side) + (i / side), ((width % side) / 2) + (bump % columns * side) + (i % side))] = sign * pattern[i];
                    }
                }
            }

            ArrayPool<float>.Shared.Return(pattern);
        }
        else
        {
            int side = Math.Max((int)Math.Round(Math.Sqrt(Share(0.1, step.Number - 2, step.Horizon) * height * width)), 3);
            side = Math.Min(most, side % 2 == 0 ? side + 1 : side);
            var window = new Window(CounterRandom.Index(step.Key.Derive(Row), height - side + 1), CounterRandom.Index(step.Key.Derive(Column), width - side + 1), side);
            var other = new Window(CounterRandom.Index(step.Key.Derive(OtherRow), height - side + 1), CounterRandom.Index(step.Key.Derive(OtherColumn), width - side + 1), side);
            double unused = Math.Max((epsilon * epsilon) - SimdKernels.SumOfSquares(change), 0) / channels;
            float[] pattern = ArrayPool<float>.Shared.Rent(side * side), moved = ArrayPool<float>.Shared.Rent(side * side);
            Bumps(side, Sign(step.Key.Derive(Turn)) > 0, pattern);
            for (int c = 0; c < channels; c++)
            {
                Move(change, attacked.Shape, c, window, other, Sign(signs.Derive((ulong)c)), unused, pattern, moved);
            }

            ArrayPool<float>.Shared.Return(pattern);
            ArrayPool<float>.Shared.Return(moved);
        }

        double length = Math.Sqrt(SimdKernels.SumOfSquares(change));
        for (int i = 0; i < change.Length && length > 0; i++)
        {
            change[i] = (float)(change[i] / length * epsilon);
        }
    }

    // Moves the change of one window into the other one, and adds the bumps to it. The window gets the length of both, and a part of the unused length.
    private static void Move(Span<float> change, ImageShape shape, int channel, Window window, Window other, int sign, double unused, float[] pattern, float[] moved)
    {
        double inWindow = 0, inOther = 0;
        int side = window.Side;
        for (int i = 0; i < side * side; i++)
        {
            (int y, int x) = (window.Row + (i / side), window.Column + (i % side));
            float old = change[At(shape, channel, y, x)];
            inWindow += (double)old * old;
            (int otherY, int otherX) = (other.Row + (i / side), other.Column + (i % side));
            if (!window.Holds(otherY, otherX))
            {
                float there = change[At(shape, channel, otherY, otherX)];
                inOther += (double)there * there;
            }
        }

        double scale = 1 / (1e-10 + Math.Sqrt(inWindow)), length = 0;
        for (int i = 0; i < side * side; i++)
        {
            double value = (sign * pattern[i]) + (change[At(shape, channel, window.Row + (i / side), window.Column + (i % side))] * scale);
            moved[i] = (float)value;
            length += value * value;
        }

        double factor = length > 0 ? Math.Sqrt((unused + inWindow + inOther) / length) : 0;
        for (int i = 0; i < side * side; i++)
        {
            change[At(shape, channel, other.Row + (i / side), other.Column + (i % side))] = 0;
        }

        for (int i = 0; i < side * side; i++)
        {
            change[At(shape, channel, window.Row + (i / side), window.Column + (i % side))] = (float)(moved[i] * factor);
        }
    }

    // Two rectangular bumps of opposite signs, one above the other or side by side, of length 1 together.
    internal static void Bumps(int side, bool turned, Span<float> pattern)
    {
        pattern[..(side * side)].Clear();
        Bump(0, side / 2, 1, pattern);
        Bump(side / 2, side - (side / 2), -1, pattern);
        float length = MathF.Sqrt((float)SimdKernels.SumOfSquares(pattern[..(side * side)]));
        for (int i = 0; i < side * side; i++)
        {
            pattern[i] /= length;
        }

        for (int y = 0; turned && y < side; y++)
        {
            for (int x = 0; x < y; x++)
            {
                (pattern[(y * side) + x], pattern[(x * side) + y]) = (pattern[(x * side) + y], pattern[(y * side) + x]);
            }
        }

        void Bump(int from, int height, int sign, Span<float> pattern)
        {
            int rings = Math.Max((height / 2) + 1, (side / 2) + 1);
            double sum = 0;
            for (int i = 0; i < height * side; i++)
            {
                // Ring k holds the cells at most k away from the center, and adds 1 / (k + 1)².
                double value = 0;
                for (int k = Math.Max(Math.Abs((i / side) - (height / 2)), Math.Abs((i % side) - (side / 2))); k < rings; k++)
                {
                    value += 1.0 / ((k + 1) * (k + 1));
                }

                pattern[(from * side) + i] = (float)value;
                sum += value * value;
            }

            for (int i = 0; i < height * side; i++)
            {
                pattern[(from * side) + i] *= sign / (float)Math.Sqrt(sum);
            }
        }
    }

    private static int At(ImageShape shape, int channel, int y, int x) => (((channel * shape.Height) + y) * shape.Width) + x;

    private readonly record struct Window(int Row, int Column, int Side)
    {
        public bool Holds(int y, int x) => y >= Row && y < Row + Side && x >= Column && x < Column + Side;
    }
}

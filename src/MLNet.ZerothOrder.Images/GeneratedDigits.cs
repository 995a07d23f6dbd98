namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Generated images of handwriting-like digits, free to use in demonstrations and tests. They have MNIST's format: 1 × 28 × 28,
/// white ink on black, the digit about 20 pixels large and centered by its ink.
/// </summary>
/// <remarks>
/// Every pixel is a multiple of 1/255, so 8-bit files store the images exactly. The arithmetic uses only +, −, ×, ÷ and √ on doubles,
/// for which IEEE 754 defines the rounding: the same seed gives the same bytes on every machine.
/// </remarks>
public static class GeneratedDigits
{
    /// <summary>The seed of the images that are attacked by default. No bundled model was trained on them.</summary>
    public const long TestSeed = 1;

    /// <summary>The seed of the images that bundled models are trained on.</summary>
    public const long TrainSeed = 1_000_003;

    private const int Side = 28;
    private const int StepsPerSpan = 8;

    // MNIST fits its digits into 20 × 20 pixels.
    private const double InkSide = 20;

    /// <summary>The size of every image: 1 × 28 × 28.</summary>
    public static ImageShape Shape { get; } = new(1, Side, Side);

    /// <summary>
    /// Generates <paramref name="count"/> images. Image i shows the digit i mod 10 and depends only on <paramref name="seed"/> and i,
    /// so a longer set starts with the shorter one.
    /// </summary>
    /// <param name="count">The number of images; 0 gives an empty set.</param>
    /// <param name="seed">The seed (default: <see cref="TestSeed"/>).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public static ImageSet Create(int count, long seed = TestSeed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var root = RandomKey.FromSeed(seed);
        var pixels = new float[checked(count * Shape.Length)];
        var labels = new int[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = i % 10;
            Draw(labels[i], new DigitDice(root.Derive((ulong)i)), pixels.AsSpan(i * Shape.Length, Shape.Length));
        }

        return new ImageSet("digits", Shape, pixels, labels);
    }

    private static void Draw(int digit, DigitDice dice, Span<float> image)
    {
        var variants = DigitGlyphs.Of(digit);
        var glyph = variants[(int)(dice.Uniform() * variants.Length)];
        var radius = dice.Between(0.85, 1.75);
        var softness = dice.Between(0.45, 0.75);
        var brightness = dice.Between(0.94, 1.04);

        var curve = Trace(glyph, Write(glyph, ref dice));
        Place(curve, InkSide - (2 * radius), ref dice);

        Span<double> distance = stackalloc double[Side * Side];
        distance.Fill(double.MaxValue);
        foreach (var piece in curve)
        {
            for (var i = 1; i < piece.Length; i++)
            {
                Approach(distance, piece[i - 1], piece[i], radius + softness);
            }
        }

        for (var i = 0; i < image.Length; i++)
        {
            if (distance[i] == double.MaxValue)
            {
                continue;
            }

            var edge = Math.Clamp((radius + softness - Math.Sqrt(distance[i])) / (2 * softness), 0, 1);
            var ink = edge * edge * (3 - (2 * edge));
            var grain = 1 + (0.05 * dice.Bell());
            image[i] = (int)((Math.Clamp(ink * brightness * grain, 0, 1) * 255) + 0.5) / 255f;
        }
    }

    // Handwriting varies: each point of the skeleton is displaced a little, and the whole digit is slanted, rotated and scaled.
    private static (double X, double Y)[] Write(DigitGlyph glyph, ref DigitDice dice)
    {
        var width = dice.Between(0.72, 1.08);
        var slant = dice.Between(-0.12, 0.32);

        // The tangent of half the angle gives sine and cosine without calling either function.
        var half = 0.09 * dice.Bell();
        var cosine = (1 - (half * half)) / (1 + (half * half));
        var sine = 2 * half / (1 + (half * half));
        var points = new (double X, double Y)[glyph.Points.Length];
        for (var i = 0; i < points.Length; i++)
        {
            var y = glyph.Points[i].Y - 50 + (2.8 * dice.Bell());
            var x = (width * (glyph.Points[i].X - 50 + (2.8 * dice.Bell()))) - (slant * y);
            points[i] = ((cosine * x) - (sine * y), (sine * x) + (cosine * y));
        }

        return points;
    }

    // Catmull-Rom splines, because they pass through their points.
    private static (double X, double Y)[][] Trace(DigitGlyph glyph, (double X, double Y)[] points)
    {
        var curve = new (double X, double Y)[glyph.Pieces.Length][];
        for (var p = 0; p < curve.Length; p++)
        {
            var piece = glyph.Pieces[p];
            var spans = piece.Length - 1;
            curve[p] = new (double X, double Y)[(spans * StepsPerSpan) + 1];
            for (var k = 0; k < spans; k++)
            {
                var (b, c) = (points[piece[k]], points[piece[k + 1]]);
                var a = k > 0 ? points[piece[k - 1]] : b;
                var d = k + 2 < piece.Length ? points[piece[k + 2]] : c;
                for (var step = 0; step <= StepsPerSpan; step++)
                {
                    var t = step / (double)StepsPerSpan;
                    curve[p][(k * StepsPerSpan) + step] = (Spline(a.X, b.X, c.X, d.X, t), Spline(a.Y, b.Y, c.Y, d.Y, t));
                }
            }
        }

        return curve;
    }

    private static double Spline(double a, double b, double c, double d, double t)
        => b + (0.5 * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));

    // As in MNIST: the longer side of the ink's bounding box gets the given size, and the ink's center of mass goes to the image's center.
    private static void Place((double X, double Y)[][] curve, double size, ref DigitDice dice)
    {
        var (left, right, top, bottom) = (double.MaxValue, double.MinValue, double.MaxValue, double.MinValue);
        double massX = 0, massY = 0, mass = 0;
        foreach (var piece in curve)
        {
            for (var i = 0; i < piece.Length; i++)
            {
                var (x, y) = piece[i];
                left = Math.Min(left, x);
                right = Math.Max(right, x);
                top = Math.Min(top, y);
                bottom = Math.Max(bottom, y);
                if (i > 0)
                {
                    var (dx, dy) = (x - piece[i - 1].X, y - piece[i - 1].Y);
                    var length = Math.Sqrt((dx * dx) + (dy * dy));
                    massX += length * (x - (dx / 2));
                    massY += length * (y - (dy / 2));
                    mass += length;
                }
            }
        }

        var scale = dice.Between(0.9, 1.0) * size / Math.Max(right - left, bottom - top);
        var shiftX = (Side / 2.0) + (0.6 * dice.Bell()) - (scale * massX / mass);
        var shiftY = (Side / 2.0) + (0.6 * dice.Bell()) - (scale * massY / mass);
        foreach (var piece in curve)
        {
            for (var i = 0; i < piece.Length; i++)
            {
                piece[i] = ((scale * piece[i].X) + shiftX, (scale * piece[i].Y) + shiftY);
            }
        }
    }

    // Lowers the squared distances of the pixels near one straight segment of ink.
    private static void Approach(Span<double> distance, (double X, double Y) a, (double X, double Y) b, double reach)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var inverse = 1 / Math.Max((dx * dx) + (dy * dy), 1e-12);
        var firstRow = Math.Max(0, (int)(Math.Min(a.Y, b.Y) - reach - 0.5));
        var lastRow = Math.Min(Side - 1, (int)(Math.Max(a.Y, b.Y) + reach));
        var firstColumn = Math.Max(0, (int)(Math.Min(a.X, b.X) - reach - 0.5));
        var lastColumn = Math.Min(Side - 1, (int)(Math.Max(a.X, b.X) + reach));
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                var (x, y) = (column + 0.5 - a.X, row + 0.5 - a.Y);
                var t = Math.Clamp(((x * dx) + (y * dy)) * inverse, 0, 1);
                var (restX, restY) = (x - (t * dx), y - (t * dy));
                ref var best = ref distance[(row * Side) + column];
                best = Math.Min(best, (restX * restX) + (restY * restY));
            }
        }
    }
}

using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// The skeletons for <see cref="GeneratedDigits"/>: several handwritten variants of each digit.
/// A glyph is a list of smooth pieces through points in a box of 100 × 100, x to the right, y down.
/// </summary>
internal static class DigitGlyphs
{
    // "x,y x,y …" is a smooth curve through the points; "|" makes a corner (the next piece starts where the last one ended),
    // ";" lifts the pen.
    private static readonly DigitGlyph[][] ByDigit =
    [
        [
            Parse("56,2 28,12 14,50 26,88 52,98 78,86 88,50 76,14 50,3"),
            Parse("74,10 44,3 20,34 18,72 38,97 66,92 84,60 82,22 62,4"),
        ],
        [
            Parse("50,0 50,50 50,100"),
            Parse("38,24 54,2 | 54,50 53,100"),
            Parse("36,24 54,2 | 54,50 54,98 ; 28,98 54,98 80,97"),
        ],
        [
            Parse("18,26 32,6 58,2 78,18 72,46 46,72 16,97 | 50,95 86,96"),
            Parse("18,24 38,4 66,6 76,28 62,58 38,88 20,92 16,80 32,74 56,88 88,92"),
            Parse("20,14 46,3 72,12 72,40 46,72 18,96 | 48,98 82,88"),
        ],
        [
            Parse("20,14 46,2 74,12 74,34 44,46 | 74,56 82,76 58,98 16,88"),
            Parse("18,6 46,4 78,6 | 44,42 | 72,50 82,72 60,97 18,92"),
            Parse("18,12 48,2 72,16 64,40 46,46 58,48 80,62 74,88 44,98 14,90"),
        ],
        [
            Parse("28,4 20,34 16,56 | 50,57 88,53 ; 72,4 68,50 64,100"),
            Parse("66,2 38,36 12,66 | 50,66 92,65 ; 66,2 66,50 66,100"),
            Parse("20,6 18,40 34,56 58,50 74,30 | 78,4 | 74,50 66,100"),
        ],
        [
            Parse("78,5 52,4 30,6 | 24,44 | 54,36 80,52 78,82 50,98 18,90"),
            Parse("30,6 26,28 24,46 | 52,40 76,56 74,84 48,97 20,92 ; 30,6 56,8 84,3"),
        ],
        [
            Parse("70,3 42,22 22,58 28,90 56,98 78,78 66,54 40,58 24,80"),
            Parse("54,2 34,30 24,66 34,94 60,97 76,78 64,60 42,64 26,78"),
        ],
        [
            Parse("14,8 48,8 84,6 | 60,48 42,99"),
            Parse("14,8 48,8 84,6 | 60,48 42,99 ; 34,52 56,50 78,48"),
            Parse("13,17 14,8 | 50,8 92,6 | 64,48 50,99"),
            Parse("16,12 44,5 76,8 80,24 62,62 50,99"),
        ],
        [
            Parse("74,14 50,2 26,16 40,42 70,66 72,88 48,98 24,86 30,64 62,40 74,20 66,6"),
            Parse("50,2 28,10 28,34 50,46 74,34 72,10 50,2 ; 50,46 22,60 22,88 50,98 80,86 78,60 50,46"),
        ],
        [
            Parse("74,20 50,2 26,16 28,42 54,46 74,20 | 72,60 64,99"),
            Parse("76,24 54,3 26,16 26,42 52,50 76,24 | 78,62 64,94 30,94"),
            Parse("78,10 50,3 24,20 30,44 58,42 78,10 | 64,56 48,99"),
        ],
    ];

    /// <summary>The variants of <paramref name="digit"/>, 0 to 9.</summary>
    public static ReadOnlySpan<DigitGlyph> Of(int digit) => ByDigit[digit];

    private static DigitGlyph Parse(string text)
    {
        var points = new List<(double X, double Y)>();
        var pieces = new List<int[]>();
        foreach (var stroke in text.Split(';', StringSplitOptions.TrimEntries))
        {
            int? corner = null;
            foreach (var piece in stroke.Split('|', StringSplitOptions.TrimEntries))
            {
                var indices = new List<int>();
                if (corner is int shared)
                {
                    indices.Add(shared);
                }

                foreach (var point in piece.Split(' '))
                {
                    var xy = point.Split(',');
                    indices.Add(points.Count);
                    points.Add((double.Parse(xy[0], CultureInfo.InvariantCulture), double.Parse(xy[1], CultureInfo.InvariantCulture)));
                }

                corner = indices[^1];
                pieces.Add([.. indices]);
            }
        }

        return new DigitGlyph([.. points], [.. pieces]);
    }
}

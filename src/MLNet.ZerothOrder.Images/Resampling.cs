using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Changes the size of pictures as Pillow's <c>resize</c> does, to the bit: rows are resized first, then columns, each time rounded to 8 bits, with integer weights of 22 binary digits.
/// </summary>
internal static class Resampling
{
    private const int Digits = 22;

    /// <summary>The picture at another size; itself where it has it.</summary>
    public static PixelBuffer Resize(PixelBuffer picture, int width, int height, Interpolation interpolation)
    {
        int channels = picture.Channels;
        if (width != picture.Width)
        {
            var rows = new PixelBuffer(width, picture.Height, channels);
            (int, int[])[] places = Weights(picture.Width, width, interpolation);
            for (int y = 0; y < picture.Height; y++)
            {
                Apply(places, picture.Pixels.AsSpan(y * picture.Width * channels), rows.Pixels.AsSpan(y * width * channels), channels);
            }

            picture = rows;
        }

        if (height != picture.Height)
        {
            // A column's neighbours are whole rows, as if a row were one pixel of many channels.
            var columns = new PixelBuffer(width, height, channels);
            Apply(Weights(picture.Height, height, interpolation), picture.Pixels, columns.Pixels, width * channels);
            picture = columns;
        }

        return picture;
    }

    /// <summary>One channel of real numbers at another size, not rounded.</summary>
    public static double[] Resize(double[] plane, (int Width, int Height) from, (int Width, int Height) to, Interpolation interpolation)
    {
        var across = Weights(from.Width, to.Width, interpolation);
        var down = Weights(from.Height, to.Height, interpolation);
        var rows = new double[from.Height * to.Width];
        for (int y = 0; y < from.Height; y++)
        {
            for (int x = 0; x < to.Width; x++)
            {
                (int first, int[] weights) = across[x];
                for (int i = 0; i < weights.Length; i++)
                {
                    rows[(y * to.Width) + x] += plane[(y * from.Width) + first + i] * weights[i] / (1 << Digits);
                }
            }
        }

        var result = new double[to.Height * to.Width];
        for (int y = 0; y < to.Height; y++)
        {
            (int first, int[] weights) = down[y];
            for (int i = 0; i < weights.Length; i++)
            {
                for (int x = 0; x < to.Width; x++)
                {
                    result[(y * to.Width) + x] += rows[((first + i) * to.Width) + x] * weights[i] / (1 << Digits);
                }
            }
        }

        return result;
    }

    // A pixel of the result is a sum of neighbours, of which each has so many channels.
    private static void Apply((int First, int[] Weights)[] places, ReadOnlySpan<byte> from, Span<byte> to, int channels)
    {
        for (int place = 0; place < places.Length; place++)
        {
            (int first, int[] weights) = places[place];
            ReadOnlySpan<byte> neighbours = from.Slice(first * channels, weights.Length * channels);
            Span<byte> pixel = to.Slice(place * channels, channels);
            int c = 0;
            for (; c + Vector128<byte>.Count <= channels; c += Vector128<byte>.Count)
            {
                Vector128<int> a = Vector128.Create(1 << (Digits - 1)), b = a, d = a, e = a;
                for (int i = 0; i < weights.Length; i++)
                {
                    (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Create(neighbours[((i * channels) + c)..]));
                    (Vector128<uint> first4, Vector128<uint> second4) = Vector128.Widen(low);
                    (Vector128<uint> third4, Vector128<uint> fourth4) = Vector128.Widen(high);
                    a += first4.AsInt32() * weights[i];
                    b += second4.AsInt32() * weights[i];
                    d += third4.AsInt32() * weights[i];
                    e += fourth4.AsInt32() * weights[i];
                }

                Vector128.Narrow(Vector128.Narrow(Level(a), Level(b)), Vector128.Narrow(Level(d), Level(e))).AsByte().CopyTo(pixel[c..]);
            }

            for (; c < channels; c++)
            {
                int sum = 1 << (Digits - 1);
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += neighbours[(i * channels) + c] * weights[i];
                }

                pixel[c] = (byte)Math.Clamp(sum >> Digits, 0, byte.MaxValue);
            }
        }

        static Vector128<int> Level(Vector128<int> sum) => Vector128.Min(Vector128.Max(sum >> Digits, Vector128<int>.Zero), Vector128.Create((int)byte.MaxValue));
    }

    // For each pixel of the result, the first pixel that it is made of, and the weights of that and the following ones.
    private static (int First, int[] Weights)[] Weights(int from, int to, Interpolation interpolation)
    {
        double scale = (double)from / to, stretch = Math.Max(1, scale);
        double reach = interpolation switch { Interpolation.Bilinear => 1, Interpolation.Bicubic => 2, _ => 3 } * stretch;
        var places = new (int, int[])[to];
        if (interpolation == Interpolation.Nearest)
        {
            // A centre between two pixels falls to one or the other by the rounding of this sum, as in Pillow.
            double middle = 0.5 * scale;
            for (int place = 0; place < to; place++, middle += scale)
            {
                places[place] = (Math.Min(from - 1, (int)middle), [1 << Digits]);
            }

            return places;
        }

        for (int place = 0; place < to; place++)
        {
            double centre = (place + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - reach + 0.5)), end = Math.Min(from, (int)(centre + reach + 0.5));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(i => Weight(Math.Abs(i - centre + 0.5) / stretch, interpolation))];
            double sum = weights.Sum();
            places[place] = (first, [.. weights.Select(weight => (int)Math.Round(weight / sum * (1 << Digits), MidpointRounding.AwayFromZero))]);
        }

        return places;
    }

    private static double Weight(double x, Interpolation interpolation) => (interpolation, x) switch
    {
        (Interpolation.Bilinear, _) => Math.Max(0, 1 - x),
        (Interpolation.Lanczos, _) => x < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        (_, < 1) => (((1.5 * x) - 2.5) * x * x) + 1,
        (_, < 2) => (((((x - 5) * x) + 8) * x) - 4) * -0.5,
        _ => 0,
    };

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}

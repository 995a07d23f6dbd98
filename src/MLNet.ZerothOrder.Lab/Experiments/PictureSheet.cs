using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>A gallery as one picture for papers: a row for each item, its pictures side by side on white.</summary>
internal static class PictureSheet
{
    private const int Scale = 4;
    private const int Gap = 8;

    public static PixelBuffer Of(GalleryBlock gallery)
    {
        int columns = gallery.Items.Max(item => item.Pictures.Count);
        PixelBuffer first = gallery.Items[0].Pictures[0].Pixels;
        (int width, int height) = ((first.Width * Scale) + Gap, (first.Height * Scale) + Gap);
        var sheet = new PixelBuffer((columns * width) + Gap, (gallery.Items.Count * height) + Gap, first.Channels);
        Array.Fill(sheet.Pixels, byte.MaxValue);
        for (int row = 0; row < gallery.Items.Count; row++)
        {
            for (int column = 0; column < gallery.Items[row].Pictures.Count; column++)
            {
                Copy(gallery.Items[row].Pictures[column].Pixels, sheet, (column * width) + Gap, (row * height) + Gap);
            }
        }

        return sheet;
    }

    private static void Copy(PixelBuffer from, PixelBuffer to, int left, int top)
    {
        int channels = from.Channels;
        for (int y = 0; y < from.Height * Scale; y++)
        {
            for (int x = 0; x < from.Width * Scale; x++)
            {
                from.Pixels.AsSpan(((y / Scale * from.Width) + (x / Scale)) * channels, channels).CopyTo(to.Pixels.AsSpan((((top + y) * to.Width) + left + x) * channels));
            }
        }
    }
}
